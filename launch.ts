/**
 * The start of a run: its gate, what `prepare` changes, and the child.
 *
 * @module
 */

import { untilAborted } from "./abortable.ts";
import { SpawnError } from "./errors.ts";
import { call, ignoreRejection, isA } from "./foreign.ts";
import type { ChildOptions } from "./kernel.ts";
import type { LifeHost } from "./life_host.ts";
import type { GateResult, PrepareContext, PreparedRun } from "./options.ts";
import type { ProbedProcess } from "./probe_options.ts";
import { directoryOf, type Spec } from "./spec.ts";
import { Run } from "./run.ts";
import { spawnError } from "./not_started.ts";
import { filled, wrong } from "./validate.ts";

/** A process whose runs can be started. */
export interface Launchable {
  /** The name of the process. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** The current options. */
  readonly spec: Spec;
  /** The process, as probes see it. */
  readonly probed: ProbedProcess;
}

/** What the gate and `prepare` have said about the next run. */
export interface Launch {
  /** The changes for the run. */
  readonly changes: PreparedRun;
  /**
   * Returns whether the gate is still open; called right before the start.
   *
   * @throws {SpawnError} If the function of the gate throws.
   */
  readonly open: () => boolean;
}

/** Returns whether something comes before each run, even before the first. */
export function asksFirst({ gate, prepare, before }: Spec): boolean {
  return (gate ?? prepare ?? before) !== undefined;
}

/** The launch of a process without gate and `prepare`. */
export const PLAIN_LAUNCH: Launch = { changes: {}, open: () => true };

/**
 * Waits for the gate of a run, and then for the changes that `prepare` returns.
 *
 * @param process The process.
 * @param context The argument of the gate and of `prepare`. When its signal is
 * aborted, the waits end.
 * @param wait Called with a reason whenever the gate gives one, and without a
 * reason when the wait for the gate is over.
 * @returns The changes for the run, and the last check of the gate.
 * @throws {SpawnError} If the gate or `prepare` throws.
 */
export async function prepareRun(
  process: Launchable,
  context: PrepareContext,
  wait: (reason?: string) => void,
): Promise<Launch> {
  const { signal } = context;
  // From here on, `command()` has returned, so the gate and `prepare` can use
  // the process.
  await undefined;
  const check = await pass(process, context, wait);
  const open = () => stillOpen(process, check);
  const { prepare } = process.spec;
  if (prepare === undefined || signal.aborted) return { changes: {}, open };
  try {
    const asked = async () => await prepare(context);
    return { changes: await untilAborted(asked(), signal) ?? {}, open };
  } catch (cause) {
    throw spawnError(process, cause, "prepare() failed: ");
  }
}

/** Waits until the gate opens, or the run is no longer wanted. */
async function pass(
  process: Launchable,
  context: PrepareContext,
  wait: (reason?: string) => void,
): Promise<GateResult> {
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
    return await untilAborted(passed, context.signal);
  } catch (cause) {
    throw spawnError(process, cause, "gate() failed: ");
  } finally {
    open = true;
    wait();
  }
}

/** Asks the function that a gate returned, if it returned one. */
function stillOpen(process: Launchable, check: GateResult): boolean {
  if (typeof check !== "function") return true;
  try {
    const open: unknown = check();
    ignoreRejection(open);
    return typeof open === "boolean"
      ? open
      : wrong("gate()()", "true or false", open);
  } catch (cause) {
    throw spawnError(process, cause, "gate() failed: ");
  }
}

/**
 * Starts a run.
 *
 * @param process The process.
 * @param number The number of the run.
 * @param changes What `prepare` has changed.
 * @param host The manager.
 * @throws {SpawnError} If the child cannot be started; nothing runs then.
 */
export function spawnRun(
  { name, spec }: Launchable,
  number: number,
  changes: PreparedRun,
  { kernel, groups, instruments }: LifeHost,
): Run {
  const { program, group } = spec;
  const args = [...changes.args ?? spec.args];
  const added = instruments.variables({ name, run: number, program, args });
  const command = placeOf(spec, changes, added);
  return new Run({
    name,
    program,
    command: { ...command, args },
    group: group && groups,
  }, kernel);
}

/**
 * Returns the folder, the environment and everything else that the programs of
 * a run are started with, besides their arguments.
 *
 * @param spec The command.
 * @param changes What `prepare` has changed for the run.
 * @param env Other variables, which those of the command overrule.
 */
export function placeOf(
  spec: Spec,
  changes: PreparedRun,
  env: Readonly<Record<string, string>>,
): ChildOptions {
  const { command } = spec;
  const cwd = directoryOf(spec, changes.cwd);
  return {
    ...command,
    ...cwd !== undefined && { cwd },
    env: { ...env, ...command.env, ...changes.env },
  };
}

/** Returns the error of a start that has failed. */
export function startError(process: Launchable, cause: unknown): SpawnError {
  return isA(cause, SpawnError) ? cause : spawnError(process, cause);
}
