/**
 * The names of the files of a log.
 *
 * @module
 */

/** Names that are safe as they are, on file systems of any kind. */
const PLAIN = /^[a-z0-9_][a-z0-9_.-]{0,99}$/;

/**
 * Returns the name of the folder for a process: its own name if that is safe,
 * and else what is safe of it with a hash, so that no two processes share one.
 */
export async function folderName(process: string): Promise<string> {
  if (PLAIN.test(process)) return process;
  const safe = process.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
  const units = Uint16Array.from(process, (_, i) => process.charCodeAt(i));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", units));
  const hex = Array.from(
    hash.subarray(0, 8),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return `${safe}~${hex.join("")}`;
}

/** The file that has the name of the process, if its folder has another one. */
export const NAME_FILE = "name.json";

/** What the name of the file of a segment says. */
export interface SegmentName {
  /** The number of its first line. */
  readonly first: number;
  /** The number of the last run before it. */
  readonly run: number;
}

/** Returns the name of the file of a segment. */
export function segmentName({ first, run }: SegmentName): string {
  return `${String(first).padStart(16, "0")}.${run}.log`;
}

/** Reads the name of the file of a segment; `undefined` if it is none. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const [, first, run] = /^(\d{16})\.(\d{1,15})\.log$/.exec(name) ?? [];
  return first === undefined
    ? undefined
    : { first: Number(first), run: Number(run) };
}
