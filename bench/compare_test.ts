import { assert, assertEquals, assertThrows } from "@std/assert";
import { RESTART_DEFAULTS } from "../restart_options.ts";
import { STOP_DEFAULTS } from "../stop.ts";
import { readPackage, root } from "../tools/package.ts";
import { permitted } from "../tools/testing.ts";
import { CONTENDERS, PROCESSMAN } from "./compare/contenders.ts";
import { READINESS, WHAT_IT_IS } from "./compare/facts.ts";
import { cellsOfTrials, ROWS, type TrialRow } from "./compare/rows.ts";
import {
  type Comparison,
  differences,
  DOCUMENTS,
  readComparison,
  written,
} from "./compare/table.ts";
import type { Try } from "./compare/trials.ts";

const ignore = !permitted("read");

Deno.test("The documentation has the table of the last comparison", {
  ignore,
}, async () => {
  const comparison = await readComparison();
  assertEquals(
    comparison.rows.map(({ title }) => title),
    ROWS.map(({ title }) => title),
  );
  assertEquals(comparison.contenders, CONTENDERS.map(({ name }) => name));
  for (const { url, write } of DOCUMENTS) {
    const text = await Deno.readTextFile(url);
    assertEquals(text, written(text, write, comparison), url.href);
  }
});

Deno.test("The column of processman is what it does", {
  ignore: Deno.build.os !== "linux" ||
    !permitted("read", "write", "env", "run", "sys", "net", "ffi"),
}, async () => {
  const { rows, contenders } = await readComparison();
  const full = Deno.args.includes("--full");
  // Rows of the same trial share what it found.
  const tried = new Map<Try, Promise<number[]>>();
  const numbersOf = (row: TrialRow) => {
    const numbers = tried.get(row.try) ?? row.try(PROCESSMAN, !full);
    tried.set(row.try, numbers);
    return numbers;
  };
  const found = await Promise.all(ROWS.map(async (row, i) => {
    const kept = rows[i];
    assert(kept);
    const cell = "facts" in row
      ? row.facts[PROCESSMAN.name]?.cell
      : row.cost === undefined || full && row.cost === "slow"
      ? cellsOfTrials(row, [[await numbersOf(row)]])[0]
      : kept.cells[0];
    const fresh = { title: row.title, cells: [cell ?? ""] };
    return differences(kept, fresh, contenders.slice(0, 1));
  }));
  assertEquals(found.flat(), []);
});

Deno.test("The defaults of processman are those of the table", {
  ignore,
}, async () => {
  const { rows } = await readComparison();
  const cells = new Map(rows.map(({ title, cells }) => [title, cells[0]]));
  assertEquals(
    cells.get("A program that ignores the stop signal"),
    `killed after ${STOP_DEFAULTS.gracePeriodMs / 1_000} s`,
  );
  assertEquals(
    cells.get("Restarts of a program that crashes at once"),
    "limit" in RESTART_DEFAULTS ? "limited" : "no limit",
  );
});

Deno.test("processman is a library and a tool, and has readiness checks", {
  ignore,
}, async () => {
  const { exports } = await readPackage(root);
  const rings = Object.keys(exports).map((name) => name.slice(2));
  assert(rings.includes("cli"));
  assertEquals(WHAT_IT_IS[PROCESSMAN.name]?.cell, "library and CLI");
  assert(rings.includes("probe") && rings.includes("plan"));
  assertEquals(READINESS[PROCESSMAN.name]?.cell, "for any program");
});

const row: TrialRow = {
  title: "Some trial",
  done: "It is done.",
  try: () => Promise.resolve([1]),
  of: (numbers) => Math.max(...numbers),
  show: (numbers) => numbers.join(", "),
};

Deno.test("cellsOfTrials() shows the worst of all rounds", () => {
  const found = [[[0, 1], [2, 0]], [[3, 3], [3, 3]]];
  assertEquals(cellsOfTrials(row, found), ["2, 1", "3, 3"]);
});

Deno.test("cellsOfTrials() shows multiples of a unit", () => {
  const found = CONTENDERS.map(({ name }) => [[name === "pm2" ? 2 : 1]]);
  assertEquals(
    cellsOfTrials({ ...row, unit: "pm2" }, found),
    CONTENDERS.map(({ name }) => name === "pm2" ? "1" : "0.5"),
  );
});

Deno.test("differences() names what is not as in the table", () => {
  const contenders = ["processman", "pm2"];
  const kept = { title: "Left", cells: ["none", "3"] };
  assertEquals(differences(kept, kept, contenders), []);
  assertEquals(
    differences(kept, { title: "Left", cells: ["1", "3"] }, contenders),
    ["Left: processman: 1, not none as in the table"],
  );
});

Deno.test("The part of a document is written from the comparison alone", () => {
  const comparison: Comparison = {
    versions: ["Deno 2.9.6", "pm2 7"],
    rounds: 1,
    contenders: ["processman", "pm2"],
    rows: [{ title: "Left", cells: ["none", "3"] }],
  };
  const [{ write } = { write: () => "" }] = DOCUMENTS;
  assertEquals(written("a\n", write, comparison), "a\n");
  const empty = "<!-- Written by `deno task compare` -->\n\n<!-- End -->\n";
  const once = written(empty, write, comparison);
  assertEquals(
    once,
    `<!-- Written by \`deno task compare\` -->

|      | processman | pm2 |
| ---- | ---------- | --- |
| Left | none       | 3   |

Compared: Deno 2.9.6, pm2 7.

<!-- End -->
`,
  );
  assertEquals(written(once, write, comparison), once);
  const broken = "<!-- Written by `deno task compare` -->\n";
  assertThrows(() => written(broken, write, comparison), Error, "no part");
});
