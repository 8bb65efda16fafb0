/**
 * What the last run found, as ratios: `results.json`, and the parts of the
 * documentation that are made of it.
 *
 * @module
 */

import {
  judge,
  type Question,
  type Ratios,
  ratiosOf,
  type Samples,
  show,
  type Verdict,
} from "./measure.ts";

/** The results of a run. Numbers that are not there are `null` in JSON. */
export interface Results {
  /** With what was measured, such as `Deno 2.9.6`. */
  readonly versions: readonly string[];
  /** Whether it was run in full. */
  readonly full: boolean;
  /** The answers, by the names of the questions. */
  readonly answers: Readonly<Record<string, Answer>>;
}

/** The answer to a question. */
export interface Answer {
  /** What was asked, with `more is better` if that is so. */
  readonly title: string;
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** The rows; ratios are to the first. */
  readonly rows: readonly Ratios[];
  /** The targets. */
  readonly targets: readonly Verdict[];
  /** How it was asked, if it was asked later than the others. */
  readonly later?: Omit<Results, "answers">;
}

/** The file of the results. */
export const RESULTS = new URL("results.json", import.meta.url);

/** Documents with a part that is made of the results. */
export const DOCUMENTS: readonly {
  readonly url: URL;
  readonly write: (results: Results) => string;
}[] = [
  { url: new URL("../docs/speed.md", import.meta.url), write: summary },
  { url: new URL("README.md", import.meta.url), write: report },
];

/** The lines of the summary, and the cells of the tables that they are from. */
const SUMMARY: readonly (readonly [
  what: string,
  question: string,
  row: string,
  column: string,
])[] = [
  ["time to run programs one by one", "spawn", "processman", "one by one"],
  ["time to run programs, 32 at once", "spawn", "processman", "32 at once"],
  [
    "the same with `group: false`",
    "spawn",
    "processman, group: false",
    "32 at once",
  ],
  ["time to restart a program", "restart", "processman", "restart"],
  [
    "pause of the event loop at a restart, in a program of 2 GiB",
    "block",
    "processman",
    "2 GiB",
  ],
  ["memory for each idle child", "idle", "processman", "KiB"],
  [
    "bytes of output per second that a loop reads",
    "bytes",
    "processman",
    "cat",
  ],
  [
    "time of a script that runs one program",
    "cold",
    "processman",
    "cold start",
  ],
];

/** The lines of the summary of the tool, and the columns that they are from. */
const TOOL_SUMMARY: readonly (readonly [what: string, column: string])[] = [
  ["time to show the states of 20 programs", "status"],
  ["time to start the supervisor and 20 programs", "up"],
  ["processor time for 300,000 lines of output in a file", "lines"],
];

/** Returns the answer that some samples give. */
export function answerOf(
  question: Question,
  samples: readonly Samples[],
): Answer {
  const [subject = "", unit = ""] = question.title.split(": ");
  const more = unit.endsWith("more is better") ? "; more is better" : "";
  return {
    title: `${subject}${more}`,
    columns: Object.keys(question.columns),
    rows: ratiosOf(question, samples),
    targets: judge(question, samples),
  };
}

/** Writes the results as JSON, with ratios as the documentation shows them. */
export function toJson(results: Results): string {
  const rounded = (_: string, value: unknown) =>
    typeof value === "number" ? Number(show(value) || NaN) : value;
  return `${JSON.stringify(results, rounded, 2)}\n`;
}

/** Reads the results of the last run. */
export async function readResults(): Promise<Results> {
  return JSON.parse(await Deno.readTextFile(RESULTS));
}

/** Replaces some answers by later ones. */
export function merge(
  results: Results,
  { answers, ...later }: Results,
): Results {
  const { versions, full } = results;
  const same = JSON.stringify({ versions, full }) === JSON.stringify(later);
  const merged = { ...results.answers };
  for (const [name, answer] of Object.entries(answers)) {
    merged[name] = same ? answer : { ...answer, later };
  }
  return { versions, full, answers: merged };
}

/** Returns a document with the part that a task writes replaced. */
export function replacePart(
  document: string,
  part: string,
  task: string = "bench",
): string {
  const markers = new RegExp(
    `(<!-- Written by \`deno task ${task}\` -->\n)[^]*?(\n<!-- End -->)`,
  );
  if (!markers.test(document)) throw new Error("There is no part to replace");
  return document.replace(
    markers,
    (_, before, after) => `${before}\n${part}\n${after}`,
  );
}

/** Returns the part of `docs/speed.md`. */
function summary({ versions, answers }: Results): string {
  const rows = SUMMARY.map(([what, question, row, column]) => {
    const { columns = [], rows = [] } = answers[question] ?? {};
    const { ratios } = rows.find(({ label }) => label === row) ?? {};
    return [what, cell(ratios?.[columns.indexOf(column)])];
  });
  const std = versions.filter((version) => /^Deno |@std\//.test(version));
  const { columns = [], rows: tools = [] } = answers.tool ?? {};
  const toolRow = (name: string, column: string) => {
    const { ratios } = tools.find(({ label }) => label === name) ?? {};
    return cell(ratios?.[columns.indexOf(column)]);
  };
  const commands = TOOL_SUMMARY.map(([what, column]) => [
    what,
    toolRow("processman", column),
    toolRow("pm2", column),
  ]);
  return [
    table([["What", "Ratio to `Deno.Command`"], ...rows]),
    wrap(`Measured with ${std.join(", ")}.`),
    "The command `processman` compared with supervisord and its commands:",
    table([["What", "processman", "pm2"], ...commands]),
  ].join("\n\n");
}

/** Returns the part of `bench/README.md`. */
function report({ versions, full, answers }: Results): string {
  const tables = Object.values(answers).map(({ title, columns, rows }) =>
    [
      title,
      ["", ...columns].map(pad).join(""),
      ...rows.map(({ label, ratios }) =>
        [label, ...ratios.map(cell)].map(pad).join("")
      ),
    ].map((line) => line.trimEnd()).join("\n")
  );
  const targets = Object.values(answers).flatMap(({ targets }) =>
    targets.flatMap(({ what, bound, found }) =>
      found.map(({ column, ratio, met }) => [
        `${column}: ${what}`,
        bound,
        `${cell(ratio)}, ${met ? "met" : "missed"}`,
      ])
    )
  );
  const later = Object.entries(answers).flatMap(([name, { later }]) =>
    later === undefined ? [] : [medians(later, name)]
  );
  return [
    ...[medians({ versions, full }), ...later].map((text) => wrap(text)),
    `\`\`\`text\n${tables.join("\n\n")}\n\`\`\``,
    table([["Target", "Bound", "Found"], ...targets]),
  ].join("\n\n");
}

/** Says how questions were asked. */
function medians(
  { versions, full }: Omit<Results, "answers">,
  ...names: string[]
): string {
  const command = ["deno task bench", ...full ? ["--full"] : [], ...names];
  return `Medians of \`${command.join(" ")}\` with ${versions.join(", ")}.`;
}

/** Writes a ratio of `results.json`. */
function cell(ratio: number | null | undefined): string {
  return show(ratio ?? NaN) || "-";
}

/** Gives the first cell of a row more room than the others. */
function pad(text: string, index: number): string {
  return index === 0 ? text.padEnd(26) : text.padStart(12);
}

/** Writes a table in the form that `deno fmt` gives it. */
export function table([head = [], ...rows]: readonly string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: string[]) =>
    `| ${cells.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [head, rule, ...rows].map(line).join("\n");
}

/** Breaks a text into lines of 80 characters, as `deno fmt` does. */
export function wrap(text: string, width: number = 80): string {
  const line = new RegExp(`(.{1,${width}})(?: |$)`, "g");
  return text.replace(line, "$1\n").trimEnd();
}
