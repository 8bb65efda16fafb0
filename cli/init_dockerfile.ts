/**
 * Reads what a Dockerfile runs.
 *
 * @module
 */

import { wordsOf } from "./init_shell.ts";

/** What the image of a Dockerfile runs. */
export interface ImageProgram {
  /** The words of `ENTRYPOINT`. */
  readonly entrypoint: readonly string[];
  /** The words of `CMD`. */
  readonly command: readonly string[];
  /** `WORKDIR`, if it is an absolute path. */
  readonly workdir?: string | undefined;
  /** Other instructions that say how the program runs, such as `ENV`. */
  readonly others: readonly string[];
}

/** The instructions that say how a program runs. */
const OTHERS = ["ENV", "HEALTHCHECK", "STOPSIGNAL", "USER", "SHELL"];

/**
 * Reads the instructions of the last stage of a Dockerfile, or of one stage,
 * with those of the stages that it is built from.
 *
 * @param text The text of the file.
 * @param target The name of the stage.
 */
export function readDockerfile(text: string, target?: string): ImageProgram {
  const stages = stagesOf(text);
  const chosen = stages.findLast(({ name }) => name === target) ??
    stages.at(-1);
  const lines: Instruction[] = [];
  for (let stage = chosen; stage !== undefined;) {
    lines.unshift(...stage.lines);
    const { base } = stage;
    const before = stages.slice(0, stages.indexOf(stage));
    stage = before.findLast(({ name }) => name === base);
  }
  const last = (name: string) => lines.findLast(([each]) => each === name)?.[1];
  const workdir = last("WORKDIR");
  return {
    entrypoint: formOf(last("ENTRYPOINT")),
    command: formOf(last("CMD")),
    workdir: workdir?.startsWith("/") ? workdir : undefined,
    others: OTHERS.filter((name) => last(name) !== undefined),
  };
}

type Instruction = readonly [name: string, rest: string];

interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  readonly lines: Instruction[];
}

function stagesOf(text: string): Stage[] {
  const stages: Stage[] = [];
  const joined = text.replace(/^\s*#.*\n/gm, "").replace(/\\\s*\n\s*/g, " ");
  for (const line of joined.split("\n")) {
    const [, word = "", rest = ""] = line.match(/^\s*(\w+)\s+(.*?)\s*$/) ?? [];
    const name = word.toUpperCase();
    if (name !== "FROM") {
      stages.at(-1)?.lines.push([name, rest]);
      continue;
    }
    const [base = "", , alias] = rest.split(/\s+/)
      .filter((each) => !each.startsWith("--"));
    stages.push({ name: alias, base, lines: [] });
  }
  return stages;
}

/** The words of `["a", "b"]`, or of `a b`, which a shell runs. */
function formOf(rest: string | undefined): string[] {
  if (rest === undefined) return [];
  if (!rest.startsWith("[")) {
    return /[|&;<>$`*?(){}~]/.test(rest) ? ["sh", "-c", rest] : wordsOf(rest);
  }
  try {
    return Array.from(JSON.parse(rest), String);
  } catch {
    return [];
  }
}
