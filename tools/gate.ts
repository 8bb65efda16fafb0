// deno-lint-ignore-file no-console
/**
 * The gate: everything that must hold before a change goes in, in one command:
 * `deno task test [--real-std]`. A step that fails stops nothing, so that one
 * run tells all there is to mend.
 *
 * @module
 */

import { type Outcome, runDeno } from "./deno.ts";
import { type Jsr, openJsr, stdPackages } from "./jsr.ts";
import { publishedFiles, readPackage, root } from "./package.ts";
import { readPages } from "./pages.ts";
import { filterFor, summarize, type Summary } from "./summary.ts";
import {
  olderThan,
  OLDEST,
  OLDEST_FOR_CHECKS,
  oldestDeno,
} from "./versions.ts";

/** The tests whose programs run on the oldest Deno, too. */
const ON_OLDEST = [
  "matrix_test.ts",
  "mod_test.ts",
  "program_exit_test.ts",
  "signals_test.ts",
  "storm_test.ts",
];

/** Fails unless the real `@std` packages are used, and no stand-ins. */
const REAL_STD = "--real-std";

/**
 * Gives tests a process table of their own. A program takes the orphans of
 * others for daemons that its processes have started, and says so.
 */
const OWN_PROCESSES: readonly string[] = [
  "unshare",
  "--pid",
  "--fork",
  "--mount-proc",
  "tini",
  "--",
];

/** The step "types" has checked the types of all tests and examples. */
const CHECKED = ["--no-check"];

/** How long JSR may take to answer if it has to, in milliseconds. */
const JSR_LIMIT_MS = 30_000;

/** How a step ended. */
interface Result {
  name: string;
  ok: boolean;
  seconds: number;
}

/** Options for {@linkcode Gate.step}. */
interface StepOptions {
  /** How long it may take, in milliseconds; a minute by default. */
  limitMs?: number;
  /** Variables that are added to the environment. */
  env?: Readonly<Record<string, string>>;
  /** What to show of its output if it succeeds. */
  brief?: (output: string) => string;
  /** What `deno` is run within. */
  within?: readonly string[];
}

/** Runs the steps, tells about each, and keeps count. */
class Gate {
  /** When it began. */
  readonly start: number = performance.now();
  readonly results: Result[] = [];
  readonly tests = { passed: 0, failed: 0 };
  /** What could not be run on this machine. */
  readonly skipped: string[] = [];
  /** What tests are run within. */
  within: readonly string[] = [];
  readonly #jsr: Jsr;
  /** Ends the gate when it is aborted. */
  readonly signal: AbortSignal;

  constructor(jsr: Jsr, signal: AbortSignal) {
    this.#jsr = jsr;
    this.signal = signal;
  }

  /** Runs one step: `deno` with these arguments. */
  async step(
    name: string,
    args: string[],
    { limitMs = 60_000, env = {}, brief = () => "", within = [] }: StepOptions =
      {},
  ): Promise<Outcome> {
    this.signal.throwIfAborted();
    const start = performance.now();
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new Error(`it took longer than ${limitMs / 1_000} s`));
    }, limitMs);
    const { ok, output } = await runDeno(args, {
      env: { ...this.#jsr.env, ...env },
      signal: AbortSignal.any([timeout.signal, this.signal]),
      within,
    });
    clearTimeout(timer);
    const result = { name, ok, seconds: (performance.now() - start) / 1_000 };
    this.results.push(result);
    console.log(row(result));
    const shown = ok ? brief(output) : `deno ${args.join(" ")}\n${output}`;
    if (shown) console.log(`\n${shown.trim()}\n`);
    return { ok, output };
  }

  /** Runs tests, counts them, and returns how they ended. */
  async test(
    name: string,
    args: string[],
    options: StepOptions,
  ): Promise<Summary> {
    const { ok, output } = await this.step(name, ["test", "--quiet", ...args], {
      ...options,
      within: this.within,
      brief: (output) => summarize(output)?.line ?? "",
    });
    const summary = summarize(output) ??
      { passed: 0, failed: 0, ignored: [], line: "" };
    this.tests.passed += summary.passed;
    // A run can fail without a failed test: when it breaks off before its end.
    this.tests.failed += ok ? 0 : Math.max(1, summary.failed);
    return summary;
  }
}

async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== REAL_STD);
  if (unknown !== undefined) {
    console.error(`No such argument: ${unknown}; there is ${REAL_STD}`);
    return 2;
  }
  if (olderThan(OLDEST_FOR_CHECKS)) {
    const version = `Deno ${Deno.version.deno} is older than`;
    console.error(`${version} ${OLDEST_FOR_CHECKS}, which the checks need`);
    return 2;
  }
  const real = args.includes(REAL_STD);
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      interrupt.abort(new Error(`interrupted by ${signal}`));
    });
  }
  await using jsr = real ? await openJsr(JSR_LIMIT_MS) : await openJsr();
  const packages = await stdPackages({ env: jsr.env });
  const list = packages.map(({ name, version }) => `${name} ${version}`);
  console.log(`Deno ${Deno.version.deno}\n${jsr.description}`);
  console.log(`${list.join(", ")}\n`);
  const standIns = packages.filter(({ standIn }) => standIn);
  if (real && standIns.length > 0) {
    const names = standIns.map(({ name }) => name).join(", ");
    console.error(`FAILED: ${REAL_STD} allows no stand-ins, as of ${names}`);
    return 1;
  }
  const gate = new Gate(jsr, interrupt.signal);
  const coverage = await coverageFolder();
  try {
    await runAll(gate, coverage);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    console.log(interrupt.signal.reason.message);
    return 130;
  } finally {
    await Deno.remove(coverage, { recursive: true });
  }
  return report(gate);
}

async function runAll(gate: Gate, coverage: string): Promise<void> {
  const published = await publishedFiles(root);
  const modules = published.filter((name) => name.endsWith(".ts"));
  const pages = (await readPages()).map(({ path }) => path);
  const { core, tool, docs, rings, browser } = await testFiles();
  await gate.step("Debian packages", [
    "run",
    "--quiet",
    "-A",
    "tools/debian.ts",
  ], {
    limitMs: 300_000,
    brief: (output) => output,
  });
  const own = await canIsolate();
  if (own) gate.within = OWN_PROCESSES;
  const test = (what: string, files: readonly string[]) =>
    testAll(gate, what, files, coverage);
  const lanes = [
    async () => {
      await check(gate, pages);
      await checkExamples(gate, modules, pages);
      await test("core", core);
      // To collect coverage takes time, and what these tests and those in a
      // browser load, the others load too.
      await testWithAll(gate, "docs", docs);
    },
    async () => {
      await testWithAll(gate, "tool", tool, coverage);
      await testOnOldest(gate);
    },
    async () => {
      await test("rings", rings);
      await testWithAll(gate, "browser", browser);
    },
  ];
  // Tests mostly wait: side by side, they take much less time.
  if (own) await Promise.all(lanes.map((lane) => lane()));
  else for (const lane of lanes) await lane();
  dropTorn(coverage);
  await gate.step("coverage", [
    "coverage",
    coverage,
    ...modules.map((name) => `--include=^${new URL(name, root)}$`),
  ], { brief: (output) => output });
}

/**
 * Makes the folder for coverage. Each program of a test writes a file for each
 * module that it has loaded; on a disk, that takes longer than the program.
 */
async function coverageFolder(): Promise<string> {
  const prefix = "processman_";
  return await Deno.makeTempDir({ dir: "/dev/shm", prefix })
    .catch(() => Deno.makeTempDir({ prefix }));
}

/** Removes what programs left that were killed while they wrote their coverage. */
function dropTorn(folder: string): void {
  const last = new Uint8Array(2);
  // There are many files; without waiting for each, this takes no time.
  for (const { name } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    file.seekSync(Math.max(0, size - last.length), Deno.SeekMode.Start);
    const count = file.readSync(last) ?? 0;
    const text = new TextDecoder().decode(last.subarray(0, count)).trimEnd();
    if (!text.endsWith("}")) Deno.removeSync(path);
  }
}

/** Whether this user can give tests a process table of their own. */
async function canIsolate(): Promise<boolean> {
  const [program = "", ...args] = [...OWN_PROCESSES, "true"];
  try {
    const { success } = await new Deno.Command(program, { args }).output();
    return success;
  } catch {
    return false;
  }
}

/** The folders whose tests run the tool, or fill the same lane. */
const TOOL = ["cli", "export", "telemetry"];

/** Tests that need a browser. */
const BROWSER = /[/_]browser_test\.ts$/;

/** The tests of the repository, by what they are about. */
interface TestFiles {
  /** Those of the root folder. */
  readonly core: readonly string[];
  /** Those of the tool, and of what it exports. */
  readonly tool: readonly string[];
  /** Those of the documentation. */
  readonly docs: readonly string[];
  /** Those of the other folders. */
  readonly rings: readonly string[];
  /** Those that need a browser. */
  readonly browser: readonly string[];
}

/** Finds all tests. */
async function testFiles(): Promise<TestFiles> {
  const files = await filesBelow("");
  const tests = files.filter((path) => path.endsWith("_test.ts")).sort();
  const folderOf = (path: string) =>
    path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
  const groups = Object.groupBy(tests, (path) => {
    const folder = folderOf(path);
    if (folder === "") return "core";
    if (folder === "docs") return "docs";
    if (TOOL.includes(folder)) return "tool";
    return BROWSER.test(path) ? "browser" : "rings";
  });
  const { core = [], tool = [], docs = [], rings = [], browser = [] } = groups;
  return { core, tool, docs, rings, browser };
}

/** Lists the files of the repository below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  const entries = Deno.readDir(new URL(`./${folder}`, root));
  for await (const { name, isDirectory } of entries) {
    if (/^(\.|node_modules$)/.test(name)) continue;
    if (isDirectory) files.push(...await filesBelow(`${folder}${name}/`));
    else files.push(`${folder}${name}`);
  }
  return files;
}

/** Runs tests, each once, with the fewest permissions that it needs. */
async function testAll(
  gate: Gate,
  what: string,
  files: readonly string[],
  coverage: string,
): Promise<void> {
  // The core's tests need no more than the core. Those that are ignored for
  // want of a permission run then, so that each test runs exactly once.
  const { ignored } = await gate.test(
    `${what}, with --allow-run only`,
    [...CHECKED, "--allow-run", ...collecting(coverage), ...files],
    { limitMs: 600_000 },
  );
  if (ignored.length === 0) return;
  await testWithAll(
    gate,
    `${what}, what needs more`,
    [...new Set(ignored.map(({ file }) => file))],
    coverage,
    [`--filter=${filterFor(ignored)}`],
  );
}

/** Runs tests with all permissions; most of them start programs that need them. */
async function testWithAll(
  gate: Gate,
  what: string,
  files: readonly string[],
  coverage?: string,
  more: readonly string[] = [],
): Promise<void> {
  const { ignored } = await gate.test(
    what,
    [...CHECKED, "--allow-all", ...collecting(coverage), ...more, ...files],
    { limitMs: 600_000 },
  );
  gate.skipped.push(...ignored.map(({ name }) => name));
}

/** The arguments with which Deno collects coverage. */
function collecting(coverage: string | undefined): string[] {
  return coverage === undefined
    ? []
    : [`--coverage=${coverage}`, "--coverage-raw-data-only"];
}

/** Checks everything that no test runs. */
async function check(gate: Gate, pages: readonly string[]): Promise<void> {
  const { exports } = await readPackage(root);
  await gate.step("format", ["fmt", "--check"]);
  // Of pages, Deno checks only those that are named.
  await gate.step("types", ["check", "--quiet", "--doc", ".", ...pages], {
    limitMs: 120_000,
  });
  await gate.step("lint", ["lint"]);
  await gate.step("documentation", [
    "doc",
    "--lint",
    ...Object.values(exports),
  ]);
  // The step "types" has checked the types; that of the public API is left.
  await gate.step("publish", [
    "publish",
    "--dry-run",
    "--allow-dirty",
    ...CHECKED,
  ]);
}

/** Runs the examples of the modules and of the pages. */
async function checkExamples(
  gate: Gate,
  modules: readonly string[],
  pages: readonly string[],
): Promise<void> {
  // Deno would load each module without an example, too, for nothing.
  const texts = await Promise.all(
    modules.map((name) => Deno.readTextFile(new URL(name, root))),
  );
  const shown = modules.filter((_, i) => /^ *\* ```ts/m.test(texts[i] ?? ""));
  await gate.test(
    "documentation examples",
    [...CHECKED, "--doc", "--allow-run", ...shown, ...pages],
    { limitMs: 240_000 },
  );
}

/** Runs programs on the oldest Deno. */
async function testOnOldest(gate: Gate): Promise<void> {
  const name = `programs on Deno ${OLDEST}`;
  const oldest = await oldestDeno(gate.signal);
  if (oldest === undefined) {
    gate.skipped.push(name);
    return;
  }
  // Two versions of Deno do not share a cache: coverage would fail.
  const cache = await Deno.makeTempDir({ prefix: "processman_" });
  try {
    const args = [...CHECKED, "--allow-all", ...ON_OLDEST];
    args.push("--", `--deno=${oldest}`);
    const env = { DENO_DIR: cache };
    await gate.test(name, args, { limitMs: 600_000, env });
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

function report({ start, results, tests, skipped }: Gate): number {
  console.log(`\n${results.map(row).join("\n")}`);
  // Some steps run at the same time.
  const seconds = (performance.now() - start) / 1_000;
  const ok = results.every((result) => result.ok);
  console.log(`${row({ name: "all", ok, seconds })}\n`);
  const { passed, failed } = tests;
  const missed = skipped.length;
  console.log(
    `${passed} passed, ${failed} failed${missed ? `, ${missed} skipped:` : ""}`,
  );
  for (const name of skipped) console.log(`  ${name}`);
  return ok && failed === 0 ? 0 : 1;
}

function row({ name, ok, seconds }: Result): string {
  const time = `${seconds.toFixed(1)} s`.padStart(8);
  return `${name.padEnd(30)} ${ok ? "ok    " : "FAILED"} ${time}`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
