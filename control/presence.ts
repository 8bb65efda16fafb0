/**
 * What can be said about a supervisor from its files alone: the record that it
 * leaves in its place, and what its guard has written beside it.
 *
 * @module
 */

/** The files of one supervisor. */
export interface Place {
  /** The folder; only its owner can enter it. */
  readonly folder: string;
  /** The socket of the control API. */
  readonly socket: string;
  /** The file that the running supervisor holds a lock on. */
  readonly lock: string;
  /** The file with the record of the supervisor. */
  readonly record: string;
  /** The file in which the guard notes what it has ended (`orphanLog`). */
  readonly orphanLog: string;
}

/** What a supervisor writes down about itself. */
export interface SupervisorRecord {
  /** Its name. */
  readonly name: string;
  /** The process ID of its program. */
  readonly pid: number;
  /** The version of this package. */
  readonly version: string;
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The path of its configuration, if it has one. */
  readonly config: string | null;
  /** The folder of the logs of its processes, if they are on disk. */
  readonly logs: string | null;
  /** The file of its own log, if it has one. */
  readonly log: string | null;
}

/** A run that the guard ended after its supervisor had died. */
export interface EndedOrphan {
  /** When the run had ended, in milliseconds since the epoch. */
  readonly time: number;
  /** The name of the process. */
  readonly name: string;
  /** The process ID of the child. */
  readonly pid: number;
  /** The number of the signal that the guard sent first. */
  readonly signal: number;
  /** Whether SIGKILL followed. */
  readonly killed: boolean;
}

/** Whether there is a supervisor, or was one that died. */
export type Presence =
  /** No supervisor runs, and the last one has ended properly. */
  | { readonly kind: "none" }
  /** A supervisor runs. */
  | { readonly kind: "running"; readonly record: SupervisorRecord }
  /** No supervisor runs: the last one ended without closing its place. */
  | {
    readonly kind: "died";
    readonly record: SupervisorRecord;
    /**
     * When it died, in milliseconds since the epoch: the time of the first run
     * that the guard ended, or else the last sign of life, at most about ten
     * seconds earlier. `null` if it is not known at all.
     */
    readonly at: number | null;
    /** What the guard has ended so far. */
    readonly orphans: readonly EndedOrphan[];
  };

/**
 * A folder, a socket or a lock that cannot be trusted or used. The message
 * names it, and says what to do.
 */
export class PlaceError extends Error {
  /** The name of the class. */
  override readonly name = "PlaceError";
}

/** Writes the record. A reader finds all of it, or none. */
export function writeRecord(
  { record: path }: Place,
  record: SupervisorRecord,
): void {
  const fresh = `${path}.new`;
  Deno.writeTextFileSync(fresh, JSON.stringify(record) + "\n", { mode: 0o600 });
  Deno.renameSync(fresh, path);
}

/** Reads the record: `undefined` if there is none that can be understood. */
export function readRecord({ record }: Place): SupervisorRecord | undefined {
  return parseRecord(readText(record));
}

/** Reads what the guard has ended, the first run first. */
export function readOrphans({ orphanLog }: Place): EndedOrphan[] {
  return parseOrphans(readText(orphanLog));
}

/** Returns the record that a text holds, also one of another version. */
export function parseRecord(text: string): SupervisorRecord | undefined {
  const { name, pid, version, startedAt, config, logs, log } = parse(text);
  if (typeof name !== "string" || !isNumber(pid) || !isNumber(startedAt)) {
    return undefined;
  }
  return {
    name,
    pid,
    version: textOrNull(version) ?? "",
    startedAt,
    config: textOrNull(config),
    logs: textOrNull(logs),
    log: textOrNull(log),
  };
}

/** Returns what the lines of the guard say. Lines of another form are left out. */
export function parseOrphans(text: string): EndedOrphan[] {
  return text.split("\n").flatMap((line) => {
    const { time, name, pid, signal, killed } = parse(line);
    if (typeof name !== "string" || typeof killed !== "boolean") return [];
    if (!isNumber(time) || !isNumber(pid) || !isNumber(signal)) return [];
    return [{ time: time * 1_000, name, pid, signal, killed }];
  });
}

/** Parses an object; anything else is an empty one. */
function parse(text: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Reads a file; one that does not exist is empty. */
function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
