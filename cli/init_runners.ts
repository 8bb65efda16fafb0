/**
 * Splits a script that runs several programs side by side into these.
 *
 * @module
 */

import type { Gap } from "./init_origin.ts";
import type { Keys } from "./init_keys.ts";
import { type Draft, whyLost } from "./init_parts.ts";
import { plainWords, shellWords, type Word } from "./init_command_line.ts";

/** A program that a script runs. */
export interface Step {
  /** The script that it is, or its command line. */
  readonly what: { readonly script: string } | { readonly line: string };
  /** Its name, if the script gives it one. */
  readonly name?: string | undefined;
  /** The options that the script gives it. */
  readonly options: Draft;
  /** Whether it runs in all workspaces that have such a script. */
  readonly everywhere?: boolean;
  /** Whether all steps before it must have ended. */
  readonly waits?: boolean;
}

/** What a script consists of. */
export interface Steps {
  readonly steps: readonly Step[];
  readonly gaps: readonly Gap[];
}

/** How the output looks, which `processman` decides itself. */
const LOOK = {
  why: "processman shows the output in its own way",
} as const;

/** What becomes of the options of concurrently. */
export const CONCURRENTLY_KEYS: Keys = {
  "--names": { to: "processes" },
  "--name-separator": { to: "processes" },
  "--kill-others": { to: "critical" },
  "--kill-others-on-fail": {
    why: "write `critical: true` for a process whose end must stop all",
  },
  "--kill-signal": { to: "stop.signal" },
  "--kill-timeout": { to: "stop.gracePeriodMs" },
  "--restart-tries": { to: "restart.limit" },
  "--restart-after": { to: "restart.backoff" },
  "--max-processes": {
    why: "all start at once: write `dependsOn` for those that must wait",
  },
  "--success": {
    why: "`processman up --exit-code-from NAME` ends with the status of one",
  },
  "--handle-input": {
    why:
      "write `stdin: inherit` and `group: false` for the process that reads " +
      "the terminal",
  },
  "--default-input-target": {
    why: "write `stdin: inherit` and `group: false` for this process",
  },
  "--teardown": { why: "run it after `processman up`" },
  "--passthrough-arguments": { why: "write the arguments into the command" },
  "--prefix": LOOK,
  "--prefix-colors": LOOK,
  "--prefix-length": LOOK,
  "--pad-prefix": LOOK,
  "--timestamp-format": LOOK,
  "--timings": LOOK,
  "--raw": LOOK,
  "--no-color": LOOK,
  "--hide": LOOK,
  "--group": LOOK,
};

/** The short and former forms of the options of concurrently. */
const SHORT: Readonly<Record<string, string>> = {
  "-n": "--names",
  "-k": "--kill-others",
  "--ks": "--kill-signal",
  "-m": "--max-processes",
  "-s": "--success",
  "-i": "--handle-input",
  "-P": "--passthrough-arguments",
  "-p": "--prefix",
  "-c": "--prefix-colors",
  "-l": "--prefix-length",
  "-t": "--timestamp-format",
  "-r": "--raw",
  "-g": "--group",
};

/** The options of concurrently that have a value. */
const VALUED =
  /^--(names|name-separator|kill-signal|kill-timeout|restart-tries|restart-after|max-processes|success|default-input-target|teardown|prefix|prefix-colors|prefix-length|timestamp-format|hide)$/;

/** What becomes of the options of npm-run-all, `run-p` and `run-s`. */
export const RUN_ALL_KEYS: Keys = {
  "--parallel": { to: "processes" },
  "--sequential": { to: "dependsOn" },
  "--race": { to: "critical" },
  "--continue-on-error": {
    moot: "the others go on unless a process is `critical`",
  },
  "--max-parallel": {
    why: "all start at once: write `dependsOn` for those that must wait",
  },
  "--npm-path": { why: "write the command of the process" },
  "--aggregate-output": LOOK,
  "--print-label": LOOK,
  "--print-name": LOOK,
  "--silent": LOOK,
};

const RUN_ALL_SHORT: Readonly<Record<string, string>> = {
  "-p": "--parallel",
  "-s": "--sequential",
  "--serial": "--sequential",
  "-r": "--race",
  "-c": "--continue-on-error",
  "-l": "--print-label",
  "-n": "--print-name",
};

/** These run a script in all workspaces. */
const EVERYWHERE: readonly RegExp[] = [
  /^(?:npx )?turbo (?:run )?([\w:.-]+)/,
  /^(?:npx )?lerna run ([\w:.-]+)/,
  /^(?:npx )?nx run-many\b.*?(?:-t|--target)[ =]([\w:.-]+)/,
  /^pnpm (?:-r|--recursive|--parallel|--stream|--filter\S* ?\S*)(?: --?[\w-]+)*(?: run)? ([\w:.-]+)$/,
  /^npm run ([\w:.-]+) (?:-ws|--workspaces)\b/,
  /^yarn workspaces foreach\b.* run ([\w:.-]+)$/,
  /^bun (?:run )?--filter \S+ ([\w:.-]+)$/,
];

/** What can stand before the name of such a tool. */
const LAUNCHERS = ["npx", "bunx", "yarn", "pnpm", "run", "exec", "-y", "--"];

const REFERENCE =
  /^(?:npm run|npm run-script|pnpm run|pnpm|yarn run|yarn|bun run|deno task) (?:-s |--silent )?([\w:.@/-]+)$/;

/**
 * Splits a script.
 *
 * @param line The script.
 * @param scripts The names of all scripts.
 * @returns What it runs side by side; `undefined` if it is one program.
 */
export function stepsOf(
  line: string,
  scripts: readonly string[],
): Steps | undefined {
  const [text, env] = withoutVariables(line.trim());
  const options: Draft = env === undefined ? {} : { env };
  const words = shellWords(text);
  if (words === undefined) return undefined;
  const operators = words.filter(({ operator }) => operator);
  if (operators.length > 0) return sideBySide(text, words, options);
  for (const expression of EVERYWHERE) {
    const [, script] = expression.exec(text) ?? [];
    if (script === undefined) continue;
    const never: Draft = { ...options, restart: { policy: "never" } };
    return {
      steps: [{ what: { script }, everywhere: true, options: never }],
      gaps: [],
    };
  }
  const [, reference] = REFERENCE.exec(text) ?? [];
  if (reference !== undefined && scripts.includes(reference)) {
    return { steps: [{ what: { script: reference }, options }], gaps: [] };
  }
  const plain = words.map(({ text }) => text);
  const [program = "", ...rest] = plain.slice(
    plain.findIndex((word) => !LAUNCHERS.includes(word)),
  );
  if (/^conc(urrently)?$/.test(program)) {
    return concurrently(rest, scripts, options);
  }
  if (/^(npm-run-all2?|run-[ps])$/.test(program)) {
    return runAll(program, rest, scripts, options);
  }
  return undefined;
}

/** Takes `NAME=value` and `cross-env` from the start of a line. */
function withoutVariables(
  line: string,
): [string, Record<string, string> | undefined] {
  const env: Record<string, string> = {};
  let rest = line.replace(/^(?:npx )?cross-env(-shell)? /, "");
  while (true) {
    const [all, name, value] = /^([A-Za-z_]\w*)=([^\s"'$`]*)\s+/.exec(rest) ??
      [];
    if (all === undefined || name === undefined) break;
    env[name] = value ?? "";
    rest = rest.slice(all.length);
  }
  return Object.keys(env).length === 0 ? [line, undefined] : [rest, env];
}

/** Splits `a & b`. */
function sideBySide(
  line: string,
  words: readonly Word[],
  options: Draft,
): Steps | undefined {
  const operators = words.filter(({ operator }) => operator);
  if (!operators.every(({ text }) => text === "&")) return undefined;
  const ends = [...operators.map(({ start }) => start), line.length];
  const starts = [0, ...operators.map(({ end }) => end)];
  const lines = starts.map((start, i) => line.slice(start, ends[i]).trim())
    .filter((each) => each !== "" && each !== "wait");
  if (lines.length < 2) return undefined;
  return {
    steps: lines.map((line) => ({ what: { line }, options })),
    gaps: [],
  };
}

/** Reads the arguments of concurrently. */
function concurrently(
  words: readonly string[],
  scripts: readonly string[],
  common: Draft,
): Steps {
  const { found, rest, gaps } = optionsIn(words, {
    keys: CONCURRENTLY_KEYS,
    short: SHORT,
    valued: VALUED,
    tool: "concurrently",
  });
  const names = (found.get("--names") ?? "")
    .split(found.get("--name-separator") ?? ",");
  const signal = found.get("--kill-signal");
  const timeout = found.get("--kill-timeout");
  const stop = {
    ...signal !== undefined &&
      { signal: `SIG${signal.replace(/^SIG/, "")}` as Deno.Signal },
    ...timeout !== undefined && { gracePeriodMs: Number(timeout) },
  };
  const options: Draft = {
    ...common,
    ...found.has("--kill-others") && { critical: true },
    restart: restartOf(found),
    ...Object.keys(stop).length > 0 && { stop },
  };
  const steps = rest.flatMap((word, i): Step[] => {
    const [, script] = /^(?:npm|yarn|pnpm|bun|deno):(\S+)$/.exec(word) ?? [];
    const name = names[i]?.trim() || undefined;
    if (script === undefined) {
      return [{ what: { line: word }, name, options }];
    }
    return matching(script, scripts, ".*")
      .map((script) => ({ what: { script }, name, options }));
  });
  return { steps, gaps };
}

function restartOf(found: ReadonlyMap<string, string>): Draft["restart"] {
  const tries = Number(found.get("--restart-tries") ?? 0);
  if (tries === 0) return { policy: "never" };
  const after = found.get("--restart-after") ?? "0";
  return {
    backoff: after === "exponential"
      ? { exponential: { initialMs: 1_000, maxMs: 600_000, jitter: "none" } }
      : { constant: Number(after) },
    ...tries > 0 && { limit: { restarts: tries } },
  };
}

/** Reads the arguments of npm-run-all, `run-p` and `run-s`. */
function runAll(
  program: string,
  words: readonly string[],
  scripts: readonly string[],
  common: Draft,
): Steps {
  const steps: Step[] = [];
  let parallel = program === "run-p";
  const { rest, gaps, found } = optionsIn(words, {
    keys: RUN_ALL_KEYS,
    short: RUN_ALL_SHORT,
    valued: /^--(max-parallel|npm-path)$/,
    tool: program,
    kept: /^--(parallel|sequential)$/,
  });
  const options: Draft = {
    ...common,
    ...found.has("--race") && { critical: true },
  };
  let waits = false;
  for (const word of rest) {
    if (word === "--parallel" || word === "--sequential") {
      parallel = word === "--parallel";
      waits = steps.length > 0;
      continue;
    }
    const [pattern = ""] = plainWords(word) ?? [];
    for (const script of matching(pattern, scripts, "[^:]*")) {
      steps.push({ what: { script }, options, waits });
      if (!parallel) waits = true;
      else waits = false;
    }
  }
  return { steps: grouped(steps), gaps };
}

/** In a sequence, all but the last group end: they are tasks. */
function grouped(steps: readonly Step[]): Step[] {
  const last = steps.findLastIndex(({ waits }) => waits === true);
  return steps.map((step, i) => ({
    ...step,
    options: i < last
      ? { ...step.options, type: "task" }
      : { ...step.options, restart: { policy: "never" } },
  }));
}

/** Lists the scripts that a pattern such as `dev:*` matches. */
function matching(
  pattern: string,
  scripts: readonly string[],
  star: string,
): string[] {
  if (!pattern.includes("*")) return [pattern];
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, (stars) => stars.length > 1 ? ".*" : star);
  return scripts.filter((name) => new RegExp(`^${source}$`).test(name));
}

/** How the options of a tool are written. */
interface Form {
  readonly keys: Keys;
  readonly short: Readonly<Record<string, string>>;
  readonly valued: RegExp;
  readonly tool: string;
  /** Those that stay among the arguments. */
  readonly kept?: RegExp;
}

/** Separates the options from the arguments. */
function optionsIn(
  given: readonly string[],
  { keys, short, valued, tool, kept }: Form,
): { found: Map<string, string>; rest: string[]; gaps: Gap[] } {
  const found = new Map<string, string>();
  const rest: string[] = [];
  const gaps: Gap[] = [];
  const looks: string[] = [];
  let words = given;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (!word.startsWith("-")) {
      rest.push(word);
      continue;
    }
    // Letters can stand together, as in -kn.
    if (/^-[a-zA-Z]{2,}$/.test(word)) {
      const letters = [...word.slice(1)].map((letter) => `-${letter}`);
      words = [...words.slice(0, i), ...letters, ...words.slice(i + 1)];
    }
    const [written = "", value] = (words[i] ?? "").split(/=(.*)/s);
    const name = short[written] ?? written;
    if (kept?.test(name)) {
      rest.push(name);
      continue;
    }
    found.set(name, value ?? (valued.test(name) ? words[++i] ?? "" : ""));
    const fate = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (fate === LOOK) looks.push(name);
    else {
      const unknown = "`processman init` does not know this option";
      const why = whyLost(keys, name, unknown);
      if (why !== undefined) gaps.push({ key: `${tool} ${written}`, why });
    }
  }
  if (looks.length > 0) {
    gaps.push({ key: `${tool} ${looks.join(" ")}`, why: LOOK.why });
  }
  return { found, rest, gaps };
}
