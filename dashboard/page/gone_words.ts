/**
 * Says what became of a supervisor. The functions are pure, but for the local
 * time zone.
 *
 * @module
 */

import { commandText } from "./command_line.ts";
import { clockTime, listText } from "./format.ts";
import type { Presence, SupervisorView } from "./source.ts";

/** What became of a supervisor, in words. */
export interface GoneWords {
  readonly title: string;
  readonly text: readonly string[];
  /** What starts it again; `null` if that is not known. */
  readonly command: string | null;
}

/**
 * Says what became of a supervisor.
 *
 * @param gone Since when it is not there, and what its place says.
 * @param supervisor What it was, if the page has seen it.
 */
export function goneWords(
  { since, presence }: {
    readonly since: number;
    readonly presence: Presence | null;
  },
  supervisor: SupervisorView | null,
): GoneWords {
  const record = presence && "record" in presence ? presence.record : null;
  const name = supervisor?.name ?? record?.name ?? "The supervisor";
  const config = supervisor?.config ?? record?.config ?? null;
  const command = config === null ? null : upCommand(config, supervisor);
  const waits = "The page goes on as soon as it runs again.";
  if (presence?.kind === "died") return died(name, presence, command, waits);
  if (presence?.kind === "running") {
    const title = `${name} does not answer`;
    const text = [
      `Its process ${presence.record.pid} is there, but nothing listens on its socket.`,
      waits,
    ];
    return { title, text, command: null };
  }
  const when = `before ${clockTime(since)}`;
  const title = presence === null
    ? `${name} does not run any more`
    : `${name} has ended properly`;
  const text = presence === null
    ? [`It ended ${when}.`, waits]
    : [`It stopped its processes and ended ${when}.`, waits];
  return { title, text, command };
}

/**
 * Says how a supervisor had died when a report was made; `undefined` if it had
 * not.
 *
 * @param presence What its place said.
 * @param supervisor What it was.
 */
export function deathWords(
  presence: Presence | null,
  supervisor: SupervisorView | null,
): Pick<GoneWords, "title" | "text"> | undefined {
  if (presence?.kind !== "died") return undefined;
  const name = supervisor?.name ?? presence.record.name;
  return { title: `${name} had died`, text: [deathText(presence)] };
}

/** Returns what starts a supervisor again. */
function upCommand(config: string, supervisor: SupervisorView | null): string {
  const { files, profiles } = supervisor?.source ?? { files: [], profiles: [] };
  const options = [
    ...(files.length > 0 ? files : [config]).flatMap((file) => ["-f", file]),
    ...profiles.flatMap((profile) => ["--profile", profile]),
  ];
  return commandText(["processman", "up", "-d", ...options]);
}

/** How a supervisor died. */
type Died = Extract<Presence, { kind: "died" }>;

function died(
  name: string,
  presence: Died,
  command: string | null,
  waits: string,
): GoneWords {
  return {
    title: `${name} died`,
    text: [deathText(presence), waits],
    command,
  };
}

/** Says when a supervisor died, and what its guard did. */
function deathText({ record, at, orphans }: Died): string {
  // Without what the guard has ended, only the last sign of life is known.
  const word = orphans.length > 0 ? "at" : "soon after";
  const when = at === null ? "" : ` ${word} ${clockTime(at)}`;
  const ended = orphans.map(({ name, pid, killed }) =>
    `${name} (${pid}${killed ? ", by SIGKILL" : ""})`
  );
  // That nothing is known of a guard does not mean that it did nothing.
  const guard = ended.length === 0
    ? ""
    : ` The guard then ended ${listText(ended, 8)}.`;
  return `Its process ${record.pid} died${when} without stopping its ` +
    `processes.${guard}`;
}
