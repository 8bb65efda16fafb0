/**
 * Compares the table of states in `docs/plans.md` with the code.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Obstacle, UnitState } from "../plan/mod.ts";
import { explain, type Held } from "../plan/why.ts";
import { root } from "../tools/package.ts";
import { readPage, tableOf } from "../tools/pages.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("read");

const NOW = 1_000_000;

const db: Obstacle = {
  unit: "db",
  when: "ready",
  state: { kind: "running", ready: false, since: NOW },
  behind: [],
};

const broken: UnitState = {
  kind: "failed",
  message: "it crashed with code 1",
};

const waiting: UnitState = { kind: "waiting" };

const setup: Omit<Obstacle, "behind"> = {
  unit: "setup",
  when: "completed",
  state: waiting,
};

/** What each row of the table is about, in its order. */
const ROWS: readonly [name: string, state: UnitState, held?: Held][] = [
  ["api", { kind: "idle" }],
  ["api", waiting, { kind: "waits", for: [db] }],
  ["api", waiting, {
    kind: "waits",
    for: [{ ...setup, behind: [{ ...db, state: { kind: "starting" } }] }],
  }],
  ["api", waiting, {
    kind: "waits",
    for: [{
      ...db,
      state: {
        kind: "backoff",
        attempt: 3,
        until: NOW + 8_000,
        restartsLeft: undefined,
        cause: "crashed with code 1",
      },
    }],
  }],
  ["api", waiting, {
    kind: "blocked",
    by: [{ ...setup, behind: [{ ...db, state: broken }] }],
  }],
  ["api", waiting, { kind: "operation", reason: "the restart of db" }],
  ["api", waiting, { kind: "turn", startLimit: 4 }],
  ["api.2", waiting, { kind: "budget", canary: "api.1" }],
  ["api", { kind: "starting" }],
  ["api", { kind: "running", ready: true, since: NOW - 180_000 }],
  ["api", {
    kind: "running",
    ready: false,
    since: NOW - 300,
    answer: "status 503",
  }],
  ["api", { kind: "stopping" }],
  ["api", {
    kind: "backoff",
    attempt: 2,
    until: NOW + 4_000,
    restartsLeft: 3,
    cause: "crashed with code 1",
  }],
  ["setup", { kind: "done" }],
  ["api", { kind: "ended" }],
  ["api", {
    kind: "failed",
    message: 'Cannot restart process "api": 5 restarts in a row',
  }],
  ["api", { kind: "stopped" }],
];

Deno.test("docs/plans.md tells what App.why() says", { ignore }, async () => {
  const page = await readPage("docs/plans.md");
  const [, ...rows] = tableOf(page, "`state.kind`");
  const told = rows.map(([state = "", held = "", , sentence]) => [
    state.replaceAll("`", ""),
    held.replaceAll("`", ""),
    sentence,
  ]);
  const said = ROWS.map(([name, state, held]) => {
    const { sentence } = explain(name, state, held, NOW);
    return [state.kind, held?.kind ?? "", sentence];
  });
  assertEquals(told, said);
});

Deno.test(
  "docs/plans.md lists each state of a process of a plan, and all that holds it back",
  {
    ignore,
  },
  async () => {
    const kindsIn = async (file: string, type: string) => {
      const source = await Deno.readTextFile(new URL(file, root));
      const [, body = ""] =
        source.match(new RegExp(`export type ${type} =\\n(.*?);\\n\\n`, "s")) ??
          [];
      return Array.from(body.matchAll(/kind: "(\w+)"/g), ([, kind]) => kind);
    };
    const states = ROWS.map(([, { kind }]) => kind);
    const held = ROWS.flatMap(([, , held]) => held?.kind ?? []);
    assertEquals(
      [...new Set(states)],
      await kindsIn("plan/unit_state.ts", "UnitState"),
    );
    assertEquals([...new Set(held)], await kindsIn("plan/why.ts", "Held"));
  },
);
