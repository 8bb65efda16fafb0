/**
 * Compares the tables of members, states, events, decisions and errors with the
 * code, so that none is missing and none is invented.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import * as library from "../mod.ts";
import { root } from "../tools/package.ts";
import { readPage, readPages, tableOf } from "../tools/pages.ts";
import { permitted } from "../tools/testing.ts";
import * as cli from "../cli/mod.ts";
import * as control from "../control/mod.ts";
import * as plan from "../plan/mod.ts";
import * as probe from "../probe/mod.ts";
import { ATTRIBUTE, SPAN, SPAN_EVENT } from "../telemetry/attributes.ts";
import { METRICS } from "../telemetry/meters.ts";
import * as telemetry from "../telemetry/mod.ts";
import * as testing from "../testing/mod.ts";

const ignore = !permitted("read");

/** Returns the first cells of the table of a page that has this head. */
async function firstCells(page: string, head: string): Promise<string[]> {
  const [, ...rows] = tableOf(await readPage(`docs/${page}`), head);
  return rows.map(([cell = ""]) => cell);
}

/** Returns what the code in some cells names, without arguments. */
function namesIn(cells: readonly string[]): string[] {
  const spans = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)]);
  return spans.flatMap(([, span = ""]) => span.match(/^[\w-]+(?=\(|$)/) ?? []);
}

/** Returns the public members of an object, without symbols. */
function membersOf(object: object): string[] {
  return [object, Object.getPrototypeOf(object)]
    .flatMap((owner) => Object.getOwnPropertyNames(owner))
    .filter((name) => name !== "constructor").sort();
}

/** Returns all that a pattern finds in a module. */
async function inModule(file: string, pattern: RegExp): Promise<string[][]> {
  const source = await Deno.readTextFile(new URL(file, root));
  return [...source.matchAll(pattern)].map(([, ...groups]) => groups);
}

Deno.test("docs/api.md lists the members of Processman and Process", {
  ignore,
}, async () => {
  await using pm = new library.Processman({ logger: null });
  const process = pm.command("true");
  for (
    const [name, object] of Object.entries({ Processman: pm, Process: process })
  ) {
    const listed = namesIn(await firstCells("api.md", `\`${name}\``));
    assertEquals(listed.sort(), membersOf(object));
  }
});

Deno.test("docs/plans.md lists the members of App", { ignore }, async () => {
  const listed = namesIn(await firstCells("plans.md", "`App`"));
  const members = membersOf(plan.App.prototype)
    .filter((name) => Object.hasOwn(plan.App.prototype, name));
  assertEquals([...new Set(listed)].sort(), members);
});

Deno.test("The docs list each state, event and decision", {
  ignore,
}, async () => {
  const kind = /^.*readonly kind: "(\w+)"/gm;
  const states = (await inModule("process_state.ts", kind)).flat();
  const events = (await inModule("events.ts", kind)).flat();
  assertEquals(
    namesIn(await firstCells("api.md", "`kind`")).sort(),
    states.sort(),
  );
  assertEquals(
    namesIn(await firstCells("events.md", "`kind`")).sort(),
    events.sort(),
  );

  const [[verdicts = ""] = []] = await inModule(
    "restart.ts",
    /interface Verdict \{[^}]*?readonly reason:([^;]*);/g,
  );
  const decisions = (await inModule(
    "restart.ts",
    /readonly kind: "(\w+)";[^}]*?readonly reason:([^;]*);/g,
  )).flatMap(([kind, reasons = ""]) =>
    Array.from(
      reasons.replace('Verdict["reason"]', verdicts).matchAll(/"([\w-]+)"/g),
      ([, reason]) => `${kind}, ${reason}`,
    )
  );
  const listed = (await firstCells("restarting.md", "`kind`, `reason`"))
    .filter((cell) => cell.includes(","))
    .map((cell) => cell.replaceAll("`", ""));
  assertEquals(listed.sort(), decisions.sort());
});

Deno.test("docs/telemetry.md lists all that is exported", {
  ignore,
}, async () => {
  const listed = async (head: string) =>
    (await firstCells("telemetry.md", head)).map((cell) =>
      cell.replaceAll("`", "")
    ).sort();
  const spans = Object.values(SPAN).map((word) => `${word} NAME`);
  assertEquals(await listed("Span"), spans.sort());
  assertEquals(
    await listed("Event of a span"),
    Object.values(SPAN_EVENT).sort(),
  );
  assertEquals(await listed("Attribute"), Object.values(ATTRIBUTE).sort());
  const page = await readPage("docs/telemetry.md");
  const [, ...metrics] = tableOf(page, "Metric");
  assertEquals(
    metrics.map(([name, unit]) => [name, unit]),
    Object.entries(METRICS).map(([name, { unit }]) => [
      `\`${name}\``,
      `\`${unit}\``,
    ]),
  );
});

Deno.test("docs/errors.md lists the errors that are exported", {
  ignore,
}, async () => {
  const exported = Object.entries({
    ...library,
    ...plan,
    ...probe,
    ...control,
  })
    .filter(([, value]) => Object.prototype.isPrototypeOf.call(Error, value))
    .map(([name]) => name);
  const { text } = await readPage("docs/errors.md");
  const rows = text.matchAll(/^\| `(\w+Error)` /gm);
  const standard = ["AggregateError", "RangeError", "TypeError"];
  assertEquals(
    Array.from(rows, ([, name]) => name).sort(),
    [...exported, ...standard].sort(),
  );
});

Deno.test("Some page names each function and class", { ignore }, async () => {
  const pages = (await readPages()).map(({ text }) => text).join("\n");
  const names = [library, plan, probe, telemetry, testing, control, cli]
    .flatMap((module) => Object.keys(module));
  const missing = names.filter((name) =>
    !new RegExp(`\\b${name}\\b`).test(pages)
  );
  assertEquals(missing, []);
});
