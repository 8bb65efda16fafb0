import { assertEquals } from "@std/assert";
import { gridPlace, placeQuery, toggledState } from "./grid_place.ts";
import {
  chosenItems,
  type GridChoice,
  gridItems,
  gridRows,
  replicated,
  stateCounts,
} from "./grid_rows.ts";
import { crashOf, NOW, viewOf, waitingFor } from "./testing.ts";
import { troublesOf } from "./troubles.ts";

const PROCESSES = [
  viewOf("db"),
  viewOf("api.1", { entry: "api" }),
  viewOf("cron", { command: ["sh", "-c", "tick"] }),
  viewOf("api.2", { entry: "api", state: "backoff", last: crashOf("no port") }),
  viewOf("web", waitingFor("api")),
  viewOf("old", { state: "ended", last: crashOf("bad"), pid: null }),
];
const ITEMS = gridItems(PROCESSES, troublesOf(PROCESSES, [], NOW));
const ALL: GridChoice = {
  text: "",
  states: new Set(),
  order: "trouble",
  closed: new Set(),
};

function namesOf(choice: Partial<GridChoice>): string[][] {
  return chosenItems(ITEMS, { ...ALL, ...choice }).map((group) =>
    group.map(({ process }) => process.name)
  );
}

Deno.test("chosenItems() puts trouble first, with replicas together", () => {
  assertEquals(namesOf({}), [["old"], ["api.2", "api.1"], ["web"], ["db"], [
    "cron",
  ]]);
});

Deno.test("chosenItems() keeps the order of the plan", () => {
  assertEquals(namesOf({ order: "plan" }), [
    ["db"],
    ["api.1", "api.2"],
    [
      "cron",
    ],
    ["web"],
    ["old"],
  ]);
});

Deno.test("chosenItems() filters by words and by states", () => {
  assertEquals(namesOf({ text: "TICK cron" }), [["cron"]]);
  assertEquals(namesOf({ text: "no port" }), [["api.2"]]);
  assertEquals(namesOf({ text: "nothing" }), []);
  const states = new Set(["waiting", "crashing"] as const);
  assertEquals(namesOf({ states }), [["api.2"], ["web"]]);
});

Deno.test("stateCounts() counts each process once", () => {
  assertEquals(
    Object.fromEntries(stateCounts(ITEMS)),
    { running: 3, crashing: 1, waiting: 1, failed: 1 },
  );
});

Deno.test("gridRows() has a row for each entry with replicas", () => {
  const entries = replicated(PROCESSES);
  const rows = (closed: ReadonlySet<string>) =>
    gridRows(chosenItems(ITEMS, ALL), entries, closed).map((row) =>
      row.kind === "entry" ? `${row.entry}:` : row.item.process.name
    );
  assertEquals(rows(new Set()), [
    "old",
    "api:",
    "api.2",
    "api.1",
    "web",
    "db",
    "cron",
  ]);
  assertEquals(rows(new Set(["api"])), ["old", "api:", "web", "db", "cron"]);
});

Deno.test("gridPlace() reads what placeQuery() writes", () => {
  const place = {
    text: "a & b",
    states: toggledState(new Set(), "not ready"),
    order: "plan",
  } as const;
  const query = new URLSearchParams(placeQuery(place));
  assertEquals(gridPlace(query), place);
  assertEquals(placeQuery(gridPlace(new URLSearchParams("state=x"))), {});
  assertEquals(toggledState(place.states, "not ready"), new Set());
});
