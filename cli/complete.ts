/**
 * What the completions of a shell ask for: see `completion_scripts.ts`.
 *
 * @module
 */

import { ControlClient, type ProcessView } from "../control/client.ts";
import { type Call, type Io, NO_OPTIONS, STATUS } from "./call.ts";
import { type Wanted, wantedAt, type Word } from "./completion.ts";
import { findConfig, folderOf } from "./find_config.ts";
import { load } from "./load.ts";
import { knownSupervisors, targetOf } from "./target.ts";

/** How long a supervisor may take to answer, in milliseconds. */
const ANSWER_MS = 1_000;

/**
 * Prints what can stand in the last of some words. The first line says what it
 * is, with what a shell needs to know about it; words follow, one a line, each
 * with a tab and a text. Mistakes print nothing, as the shell would hide it.
 *
 * @param words What follows `processman` in the command line.
 * @param io The surroundings of the call.
 * @returns A promise of the exit status.
 */
export async function complete(
  words: readonly string[],
  io: Io,
): Promise<number> {
  const wanted = wantedAt(words);
  const names = wanted.kind === "names"
    ? await namesOf(wanted, io).catch(() => [])
    : wanted.kind === "words"
    ? wanted.words
    : [];
  await io.out(`${headOf(wanted)}\n${linesOf(names)}`);
  return STATUS.ok;
}

function headOf(wanted: Wanted): string {
  switch (wanted.kind) {
    case "files":
    case "folders":
      return `${wanted.kind}\t${wanted.before}`;
    case "program":
      return `program\t${wanted.from}`;
    default:
      return "words";
  }
}

function linesOf(words: readonly Word[]): string {
  return words
    // A name that is no line could not be written into one.
    .filter(({ word }) => !/\p{Cc}/u.test(word))
    .map(({ word, text }) => `${word}\t${text.replace(/\p{Cc}/gu, " ")}\n`)
    .join("");
}

type Names = Extract<Wanted, { kind: "names" }>;

async function namesOf(wanted: Names, io: Io): Promise<Word[]> {
  const found = await all(wanted, io);
  const had = new Set(
    wanted.given.map((name) =>
      wanted.of === "count" ? name.replace(/=.*$/s, "=") : name
    ),
  );
  return found
    .filter(({ word }) => !had.has(word))
    .map(({ word, text }) => ({ word: wanted.before + word, text }));
}

async function all(wanted: Names, io: Io): Promise<Word[]> {
  if (wanted.of === "supervisor") return await supervisors();
  const views = wanted.of === "profile"
    ? undefined
    : await processes(wanted, io).catch(() => undefined);
  return views === undefined
    ? await configured(wanted, io)
    : namesIn(views, wanted.of);
}

async function supervisors(): Promise<Word[]> {
  const known = await Array.fromAsync(knownSupervisors());
  return known.map(({ kind, record: { name, config } }) => ({
    word: name,
    text: kind === "died" ? "died" : config === null ? "" : folderOf(config),
  }));
}

/** Asks the supervisor, without what the processes use: that takes time. */
async function processes(
  { files, supervisor }: Names,
  io: Io,
): Promise<ProcessView[]> {
  const options: Call["options"] = {
    ...NO_OPTIONS,
    value: (name) => name === "supervisor" ? supervisor : undefined,
    values: (name) => name === "file" ? files : [],
  };
  const { place } = await targetOf({ options, names: [], rest: [], io });
  const client = new ControlClient(place.socket, { answerWithinMs: ANSWER_MS });
  return await client.processes();
}

/** Returns the names by which processes can be called. */
function namesIn(
  views: readonly ProcessView[],
  of: Exclude<Names["of"], "supervisor">,
): Word[] {
  const end = of === "count" ? "=" : "";
  const entries = Map.groupBy(views, ({ entry }) => entry);
  const words = [...entries].flatMap(([entry, some]) => {
    const [first] = some;
    const same = some.length === 1 && first?.name === entry;
    const text = same ? first.state : `${some.length} processes`;
    const word = { word: entry + end, text };
    if (of !== "process" || same) return [word];
    return [
      word,
      ...some.map(({ name, state }) => ({
        word: name,
        text: state,
      })),
    ];
  });
  if (of !== "process") return words;
  const profiles = new Set(views.flatMap(({ labels }) => labels));
  return [
    ...words,
    ...[...profiles].map((name) => ({ word: `@${name}`, text: "profile" })),
  ];
}

/** Returns the names in the configuration, if there is one. */
async function configured(
  { files, supervisor, of }: Names,
  io: Io,
): Promise<Word[]> {
  const [config] = supervisor === undefined ? findConfig(files, io.cwd) : [];
  if (config === undefined) return [];
  const { namesInConfig } = await load<typeof import("./complete_config.ts")>(
    "./complete_config.ts",
  );
  const { entries, profiles } = await namesInConfig(config);
  const words = (names: readonly string[], before: string, after: string) =>
    names.map((name) => ({ word: before + name + after, text: "" }));
  if (of === "profile") return words(profiles, "", "");
  return [
    ...words(entries, "", of === "count" ? "=" : ""),
    ...of === "process" ? words(profiles, "@", "") : [],
  ];
}
