// deno-lint-ignore-file no-console
/**
 * Asks the questions: `deno task bench [--full] [QUESTION...]`. It writes what
 * it found to `results.json` and into the documentation; the answers to other
 * questions stay.
 *
 * @module
 */

import { fromFileUrl, here, prepare, type Runtimes } from "./prepare.ts";
import { contenders } from "./contender.ts";
import {
  asRow,
  median,
  print,
  type Question,
  type Row,
  sampleAll,
  type Values,
} from "./measure.ts";
import {
  type Answer,
  answerOf,
  DOCUMENTS,
  merge,
  readResults,
  replacePart,
  RESULTS,
  type Results,
  toJson,
} from "./results.ts";

/** The questions, each a file of this folder. */
const QUESTIONS = [
  "spawn",
  "restart",
  "block",
  "idle",
  "growth",
  "cold",
  "bytes",
  "lines",
  "probes",
  "tool",
  "tool_idle",
  "page",
];

/** How long one sample may take, in milliseconds. */
const LIMIT_MS = 180_000;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const full = args.includes("--full");
  const names = args.filter((arg) => arg !== "--full");
  const unknown = names.filter((name) => !QUESTIONS.includes(name));
  if (unknown.length > 0) {
    console.error(`No such question: ${unknown}; there are ${QUESTIONS}`);
    return 2;
  }
  const runtimes = await prepare();
  const { versions } = runtimes;
  const [load] = Deno.loadavg();
  console.log(`${versions.join(", ")}, load ${load?.toFixed(1)}`);
  const answers: Record<string, Answer> = {};
  for (const name of names.length > 0 ? names : QUESTIONS) {
    const question = await read(name);
    if (question.fullOnly && !full && names.length === 0) continue;
    answers[name] = await ask(name, question, full, runtimes);
  }
  const found = { versions, full, answers };
  const all = names.length === 0;
  await write(all ? found : merge(await readResults(), found));
  return 0;
}

/** Writes the results, and the parts of the documentation made of them. */
async function write(results: Results): Promise<void> {
  const json = toJson(results);
  await Deno.writeTextFile(RESULTS, json);
  for (const { url, write } of DOCUMENTS) {
    const text = await Deno.readTextFile(url);
    // The numbers are those of the file, which are rounded.
    const part = write(JSON.parse(json));
    await Deno.writeTextFile(url, replacePart(text, part));
  }
}

async function read(name: string): Promise<Question> {
  const module: { default: Question } = await import(here(`${name}.ts`).href);
  return module.default;
}

async function ask(
  name: string,
  question: Question,
  full: boolean,
  runtimes: Runtimes,
): Promise<Answer> {
  const scale = question.scale[full ? 1 : 0];
  const rows = question.rows.map(asRow);
  const folder = await Deno.makeTempDir({ prefix: "processman_bench_" });
  try {
    const sample = (row: Row) =>
      question.scripts
        ? time(question, row, scale)
        : subject(name, row, scale, folder, runtimes);
    const samples = await sampleAll(rows, sample, full, question.rounds);
    print(question, samples);
    return answerOf(question, samples);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Takes a sample in a process of its own. */
async function subject(
  question: string,
  { name, parameter }: Row,
  scale: number,
  folder: string,
  runtimes: Runtimes,
): Promise<Values> {
  const { runtime, file } = contenders[name];
  const script = file === "peers/peers" ? "peers/subject.ts" : "subject.ts";
  const starts = {
    deno: [...runtimes.deno, fromFileUrl(here(script))],
    node: runtimes.node,
    go: runtimes.go,
  };
  const [program, ...args] = starts[runtime];
  if (program === undefined) throw new Error("It is not installed");
  const asked = runtime === "go" ? [question] : [question, name];
  const output = await run(
    program,
    [...args, ...asked, `${parameter ?? scale}`],
    { BENCH_TMP: folder },
  );
  // Some peers talk too.
  const lines = output.split("\n");
  return JSON.parse(lines.find((line) => line.startsWith("{")) ?? "");
}

/** Times a script from its start to its end. */
async function time(
  { columns, scripts }: Question,
  { name }: Row,
  times: number,
): Promise<Values> {
  const script = fromFileUrl(here(scripts?.[name] ?? ""));
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run(Deno.execPath(), ["run", "-A", "--quiet", script], {});
    taken.push(performance.now() - start);
  }
  return { [Object.keys(columns)[0] ?? ""]: median(taken) };
}

/** Runs a program; an error tells the end of what it said. */
async function run(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  const lines = text.decode(stderr).trim().split("\n");
  throw new Error(lines.find((line) => /error/i.test(line)) ?? "It failed");
}
