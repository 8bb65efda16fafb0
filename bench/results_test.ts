import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import type { Question } from "./measure.ts";
import {
  answerOf,
  DOCUMENTS,
  merge,
  readResults,
  replacePart,
  toJson,
} from "./results.ts";

const ignore = !permitted("read");

Deno.test("The documentation has the numbers of the last run", {
  ignore,
}, async () => {
  const results = await readResults();
  for (const { url, write } of DOCUMENTS) {
    const text = await Deno.readTextFile(url);
    assertEquals(text, replacePart(text, write(results)), url.href);
  }
});

Deno.test("The results tell which Deno and @std packages were measured", {
  ignore,
}, async () => {
  const { versions } = await readResults();
  for (const pattern of [/^Deno \d/, /@std\/async \d/, /@std\/log \d/]) {
    assert(versions.some((version) => pattern.test(version)), `${pattern}`);
  }
});

Deno.test("docs/speed.md tells the truth about 100 TCP probes", {
  ignore,
}, async () => {
  const { answers } = await readResults();
  const [target] = answers.probes?.targets ?? [];
  assertEquals(target?.bound, "≤ 1");
  assert(target?.found.every(({ met }) => met));
});

Deno.test("docs/speed.md tells the truth about an idle supervisor", {
  ignore,
}, async () => {
  const { answers } = await readResults();
  const [target] = answers.tool_idle?.targets ?? [];
  assertEquals(target?.bound, "≤ 0.1");
  assert(target?.found.every(({ met }) => met));
});

Deno.test("The documentation tells ratios, and no times", {
  ignore,
}, async () => {
  for (const { url } of DOCUMENTS) {
    const text = await Deno.readTextFile(url);
    assertEquals(
      text.match(/\b\d[\d.,]* (ms|µs|ns|(milli)?seconds?)\b/g),
      null,
    );
  }
});

/** A question with two rows, the second of which takes twice as long. */
const question: Question = {
  title: "Some question: ms; ratio to the first row, more is better",
  columns: { a: 1, b: 1 },
  rows: ["plain", "ours"],
  targets: [{ row: "ours", floor: ["plain"], columns: ["a"], atLeast: 2.5 }],
  scale: [1, 1],
};

Deno.test("answerOf() returns ratios that depend on no machine", () => {
  const slow = [{ a: 10, b: 0 }, { a: 20, b: 0 }];
  const fast = [{ a: 1, b: 0 }, { a: 2, b: 0 }];
  const twice = (values: typeof slow) =>
    values.map(({ a, b }) => ({ a: 2.004 * a, b }));
  const answer = answerOf(question, [slow, twice(slow)]);
  assertEquals(answer, answerOf(question, [fast, twice(fast)]));
  const results = { versions: [], full: false, answers: { some: answer } };
  assertEquals(JSON.parse(toJson(results)).answers.some, {
    title: "Some question; more is better",
    columns: ["a", "b"],
    rows: [
      { label: "Deno.Command", ratios: [1, null] },
      { label: "processman", ratios: [2, null] },
    ],
    targets: [{
      what: "processman to Deno.Command",
      bound: "≥ 2.5",
      found: [{ column: "a", ratio: 2, met: false }],
    }],
  });
});

Deno.test("answerOf() returns ratios to a unit, and the worst round of a target", () => {
  const { rows, targets } = answerOf({
    ...question,
    unit: { a: 2, b: 10 },
    targets: [{ row: "ours", floor: [], columns: ["a"], atMost: 1 }],
  }, [
    "It is not installed",
    [{ a: 1, b: 5 }, { a: 1, b: 20 }, { a: 3, b: 10 }],
  ]);
  assertEquals(rows.map(({ ratios }) => ratios), [[NaN, NaN], [0.5, 1]]);
  assertEquals(targets, [{
    what: "processman, worst round",
    bound: "≤ 1",
    found: [{ column: "a", ratio: 1.5, met: false }],
  }]);
});

Deno.test("merge() keeps the answers to other questions", () => {
  const [old, newer] = [answerOf(question, []), answerOf(question, ["", ""])];
  const asked = { versions: ["Deno 2.9.6"], full: false };
  const results = { ...asked, answers: { spawn: old, idle: old } };
  assertEquals(
    merge(results, { ...asked, answers: { idle: newer } }).answers,
    { spawn: old, idle: newer },
  );
  const later = { versions: ["Deno 3.0.0"], full: true };
  const merged = merge(results, { ...later, answers: { idle: newer } });
  assertEquals(merged, {
    ...asked,
    answers: { spawn: old, idle: { ...newer, later } },
  });
  assertMatch(
    DOCUMENTS[1]?.write(merged) ?? "",
    /^Medians of `deno task bench --full idle` with Deno 3.0.0.$/m,
  );
});

Deno.test("The parts are written from the results alone", () => {
  const answer = answerOf(question, [[{ a: 1, b: 1 }], "It is not installed"]);
  const results = {
    versions: ["Deno 2.9.6", "@std/async 1.0.14", "execa 10"],
    full: false,
    answers: { some: answer, spawn: { ...answer, columns: ["one by one"] } },
  };
  const parts = DOCUMENTS.map(({ write }) => write(results));
  assertMatch(
    parts[0] ?? "",
    /^\| time to run programs one by one +\| - +\|$/m,
  );
  assertMatch(
    parts[0] ?? "",
    /^Measured with Deno 2.9.6, @std\/async 1.0.14.$/m,
  );
  assertMatch(parts[1] ?? "", /^Deno.Command +1.00 +1.00$/m);
  assertMatch(parts[1] ?? "", /^processman +- +-$/m);
});

Deno.test("replacePart() replaces the part, again and again", () => {
  const document =
    "a\n<!-- Written by `deno task bench` -->\n\n<!-- End -->\nb\n";
  const once = replacePart(document, "$1 old");
  assertEquals(replacePart(once, "$1 old"), once);
  assertEquals(
    replacePart(once, "new"),
    "a\n<!-- Written by `deno task bench` -->\n\nnew\n\n<!-- End -->\nb\n",
  );
  assertThrows(() => replacePart("a\n", "new"), Error, "no part to replace");
});
