/**
 * The start of a run: its gate, what `prepare` changes, and the child.
 *
 * @module
 */

import { untilAborted } from "./abortable.ts";
import { call } from "./foreign.ts";
import type { LifeHost } from "./life_host.ts";
import type { PrepareContext, PreparedRun } from "./options.ts";
import { directoryOf, type Spec } from "./spec.ts";
import { Run } from "./run.ts";
import { spawnError } from "./not_started.ts";
import { filled } from "./validate.ts";

/** A process whose runs can be started. */
export interface Launchable {
  /** The name of the process. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** The current options. */
  readonly spec: Spec;
}

/**
 * Waits for the gate of a run, and then for the changes that `prepare` returns.
 *
 * @param process The process.
 * @param context The argument of the gate and of `prepare`. When its signal is
 * aborted, the waits end.
 * @param wait Called with a reason whenever the gate gives one, and without a
 * reason when the wait for the gate is over.
 * @returns The changes for the run.
 * @throws {SpawnError} If the gate or `prepare` throws.
 */
export async function prepareRun(
  process: Launchable,
  context: PrepareContext,
  wait: (reason?: string) => void,
): Promise<PreparedRun> {
  const { signal } = context;
  // From here on, `command()` has returned, so the gate and `prepare` can use
  // the process.
  await undefined;
  await pass(process, context, wait);
  const { prepare } = process.spec;
  if (prepare === undefined || signal.aborted) return {};
  try {
    const asked = async () => await prepare(context);
    return await untilAborted(asked(), signal) ?? {};
  } catch (cause) {
    throw spawnError(process, cause, "prepare() failed: ");
  }
}

/** Waits until the gate opens, or the run is no longer wanted. */
async function pass(
  process: Launchable,
  context: PrepareContext,
  wait: (reason?: string) => void,
): Promise<void> {
  const { gate } = process.spec;
  if (gate === undefined || context.signal.aborted) return;
  let open = false;
  const hold = (reason: string) => {
    // A call after the end of the wait has no effect.
    if (open || context.signal.aborted) return;
    filled(reason, "reason");
    wait(reason);
  };
  try {
    const passed = call(gate, { ...context, wait: hold });
    await untilAborted(passed, context.signal);
  } catch (cause) {
    throw spawnError(process, cause, "gate() failed: ");
  } finally {
    open = true;
    wait();
  }
}

/**
 * Starts a run.
 *
 * @throws {SpawnError} If the child cannot be started; nothing runs then.
 */
export function spawnRun(
  { name, spec }: Launchable,
  changes: PreparedRun,
  { kernel, groups }: Pick<LifeHost, "kernel" | "groups">,
): Run {
  const { program, args, command, group } = spec;
  const cwd = directoryOf(spec, changes.cwd);
  return new Run({
    name,
    program,
    command: {
      ...command,
      ...cwd !== undefined && { cwd },
      args: [...changes.args ?? args],
      env: { ...command.env, ...changes.env },
    },
    group: group && groups,
  }, kernel);
}
