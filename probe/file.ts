/**
 * A probe that looks for a file.
 *
 * @module
 */

import type { ProbedProcess } from "../mod.ts";
import { checked, flag, pathOf } from "./arguments.ts";
import {
  described,
  type DescribedProbe,
  messageOf,
  runOf,
} from "./described.ts";
import { requireRead } from "./permission.ts";

/** Options for {@linkcode file}. */
export interface FileOptions {
  /**
   * Whether a file that an earlier run has left has to be written again to count
   * for the next run. Set it to `false` for a file that is written only once,
   * and stays.
   *
   * @default {true}
   */
  fresh?: boolean | undefined;
}

/** The file that was last seen during a run. */
interface Seen {
  readonly run: string;
  readonly stamp: string;
}

/**
 * Returns a probe that says yes once a file exists. It can be of any kind, such
 * as a Unix socket or a folder.
 *
 * A run that crashes can leave its file behind. So a file that is there when a
 * run ends does not count for a later run, until it has changed. The probe does not
 * know a file that an earlier start of this program left behind: if that can
 * happen, remove the file in `prepare`.
 *
 * The probe needs the permission `--allow-read=PATH`. Without it, the answer is
 * no; the probe never prompts.
 *
 * @example Ready when the job has written a file
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { file } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const job = pm.command("sh", ["-c", "touch /tmp/job.ready; sleep 500"], {
 *   ready: file("/tmp/job.ready"),
 *   prepare: () => Deno.remove("/tmp/job.ready").catch(() => {}),
 * });
 * await job.ready;
 * ```
 *
 * @param path The path of the file, or a `file:` URL. A relative path is
 * resolved against the working directory of this program.
 * @param options Whether the file has to be written for each run.
 * @returns The probe.
 * @throws {TypeError} If the path or an option has a wrong type, or an option
 * does not exist.
 */
export function file(
  path: string | URL,
  options: FileOptions = {},
): DescribedProbe {
  const at = pathOf(path, "path");
  const own = checked(options, { fresh: flag });
  const seen = new WeakMap<ProbedProcess, Seen>();
  const watched = new WeakSet<AbortSignal>();
  const form = { file: { path: at, ...own } };
  return described(`file ${at}`, form, async (context) => {
    context.signal.throwIfAborted();
    requireRead(at);
    const { process, probing } = context;
    const run = runOf(context);
    const note = () => {
      const stamp = lastStamp(at);
      if (stamp !== undefined) seen.set(process, { run, stamp });
    };
    // The run can write the file again, or before it crashes between two calls.
    if (!watched.has(probing)) probing.addEventListener("abort", note);
    watched.add(probing);
    const found = { run, stamp: await stampOf(at) };
    const last = seen.get(process);
    const kept = last?.stamp === found.stamp && last.run !== found.run;
    if (kept && own.fresh !== false) {
      throw new Error(`"${at}" is from an earlier run`);
    }
    seen.set(process, found);
    return true;
  });
}

/** Returns a text that changes when a file is written or replaced. */
async function stampOf(path: string): Promise<string> {
  try {
    return textOf(await Deno.stat(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`"${path}": ${messageOf(error)}`, { cause: error });
    }
    throw new Error(`"${path}" does not exist`, { cause: error });
  }
}

/** Like `stampOf()`, at once; `undefined` if the file cannot be seen. */
function lastStamp(path: string): string | undefined {
  try {
    requireRead(path);
    return textOf(Deno.statSync(path));
  } catch {
    return undefined;
  }
}

function textOf({ dev, ino, mtime }: Deno.FileInfo): string {
  return `${dev} ${ino} ${mtime?.getTime()}`;
}
