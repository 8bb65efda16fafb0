/**
 * A process supervisor for Deno. It runs programs, restarts them when they
 * crash, passes on their output line by line, and stops each program together
 * with everything that it has started. The command `processman`, in
 * `@isbm/processman/cli`, does the same for a folder with a configuration.
 *
 * ## Install
 *
 * ```sh
 * deno add jsr:@isbm/processman
 * ```
 *
 * Your program needs the permission `--allow-run`. Writing output to files also
 * needs `--allow-read` and `--allow-write`, and some probes need `--allow-net`.
 *
 * ## First program
 *
 * This program runs a job that always fails. processman restarts the job twice
 * and then gives it up:
 *
 * ```ts
 * import { constant, Processman } from "@isbm/processman";
 *
 * await using pm = new Processman();
 * const job = pm.command("sh", ["-c", "echo working; exit 1"], {
 *   name: "job",
 *   restart: {
 *     backoff: constant(20),
 *     limit: { restarts: 2, withinMs: 60_000 },
 *   },
 * });
 * for await (const { run, text } of job.lines()) console.log(run, text);
 * await job.finished;
 * console.log(job.state.kind);
 * ```
 *
 * It prints:
 *
 * ```text
 * 1 working
 * 2 working
 * 3 working
 * failed
 * ```
 *
 * The log on stderr gives the reason for each restart.
 *
 * ## Main ideas
 *
 * **Processes.** A {@linkcode Processman} manages your processes. Its method
 * {@linkcode Processman.prototype.command | command()} starts a program and
 * returns a {@linkcode Process}. A process can have many runs, and each run has
 * a child with its own process ID. The name, the options and the output belong
 * to the process, not to one run. {@linkcode ProcessState} lists the states of a
 * process.
 *
 * **Restarts.** {@linkcode RestartOptions} set the restart policy, the backoff
 * and the restart limit. {@linkcode uniform}, {@linkcode exponential} and
 * {@linkcode constant} return backoffs. {@linkcode simulate} shows what the
 * options do, without starting anything.
 *
 * **Readiness.** The option `ready` of a command finds out with a probe when a
 * run is fit to do its work, and {@linkcode Process.prototype.ready | ready} of
 * the process waits for that. The option `live` restarts a program that hangs.
 * The module `@isbm/processman/probe` has probes. The module
 * `@isbm/processman/plan` starts and stops many programs in order.
 *
 * **Stopping.** {@linkcode Process.prototype.stop | stop()} sends `SIGTERM` to
 * the child and to everything that it has started. After the grace period, it
 * sends `SIGKILL` to the remaining processes. {@linkcode StopOptions} change
 * the signal and the grace period. `await using` stops all processes at the end
 * of the block. processman also stops them when your program receives a signal.
 * If your program is killed, an orphan guard stops them; Windows has no guard.
 *
 * **Output.** {@linkcode Process.prototype.lines | lines()} returns the output
 * of a process as lines. {@linkcode printOutput} prints the output of all
 * processes, with the name of the process before each line.
 * {@linkcode OutputFileOptions} write the output to a file and rotate it.
 *
 * **Events and errors.** {@linkcode Processman.prototype.events | events()}
 * reports each {@linkcode ProcessEvent}, such as a start, a crash or a restart.
 * If a program cannot be started, `command()` throws a {@linkcode SpawnError}.
 * If a process reaches its restart limit, processman gives it up, and its state
 * holds a {@linkcode RestartLimitError}. If a process ends for good before it is
 * ready, the wait for it ends with a {@linkcode ReadinessError}.
 *
 * **Telemetry.** The module `@isbm/processman/telemetry` exports traces, metrics
 * and log records by OpenTelemetry.
 *
 * **Tests.** The module `@isbm/processman/testing` has a fake operating system
 * with a virtual clock. Tests that use it start no processes and never wait.
 *
 * @module
 */

export { Processman } from "./manager.ts";
export type { Process } from "./process.ts";
export type {
  CommandDefaults,
  CommandOptions,
  Gate,
  GateContext,
  GateResult,
  PrepareContext,
  Prepared,
  PreparedRun,
  Stoppable,
  UpdateOptions,
} from "./options.ts";
export {
  type CommandDescription,
  describeCommand,
  type ProcessDescription,
} from "./description.ts";
export type {
  LiveOptions,
  Probe,
  ProbeAnswer,
  ProbeAnswers,
  ProbeContext,
  ProbedProcess,
  ReadyOptions,
} from "./probe_options.ts";
export type {
  OnSignal,
  ProcessmanOptions,
  ShutdownOptions,
} from "./manager_options.ts";
export { printOutput, type PrintOutputOptions } from "./print_output.ts";
export {
  type Backoff,
  constant,
  exponential,
  type ExponentialOptions,
  type Jitter,
  uniform,
} from "./backoff.ts";
export { Beginnings } from "./beginnings.ts";
export type { DisposableIterator } from "./abortable.ts";
export * from "./errors.ts";
export type { EventsOptions } from "./event_hub.ts";
export type {
  EventBase,
  ExitEvent,
  FailedEvent,
  HookEvent,
  LeftoversEvent,
  LostEvent,
  ProcessEvent,
  ReadyEvent,
  RestartEvent,
  SignalEvent,
  StartEvent,
  StopEvent,
  UnhealthyEvent,
  UnreadyEvent,
  WaitingEvent,
} from "./events.ts";
export type {
  Child,
  ChildOptions,
  Clock,
  DelayOptions,
  Interval,
  Kernel,
  NotStarted,
  ProcessEntry,
  ProcessOrigins,
  ProcessPipes,
  SpawnedChild,
  SpawnRequest,
  TableReading,
  TerminalSize,
  Traces,
} from "./kernel.ts";
export type { Hook, HookEnd, HookOptions, RunHooks } from "./hook_options.ts";
export type {
  ComingRun,
  FailedStart,
  Instrument,
  ProbeCall,
} from "./instruments.ts";
export type { Line, Lines, LinesOptions, OutputSource } from "./lines.ts";
export type { Logger } from "./log.ts";
export type { OutputFileOptions } from "./output_file.ts";
export type { OutputOptions, OutputTap } from "./output.ts";
export type { ProcessState } from "./process_state.ts";
export type {
  Decision,
  DecisionBase,
  FailDecision,
  LeaveDecision,
  LimitDecision,
  RestartDecision,
  Verdict,
} from "./restart.ts";
export type {
  LeftoverOptions,
  RestartLimit,
  RestartOptions,
  RestartPolicy,
} from "./restart_options.ts";
export type { SignalOptions } from "./signals.ts";
export { checkCommandOptions } from "./spec.ts";
export { systemClock } from "./system.ts";
export { TerminalInput } from "./terminal_input.ts";
export { simulate, type SimulatedExit, type SimulatedRun } from "./simulate.ts";
export type {
  EscapedProcess,
  StopOptions,
  StopOutcome,
  StopReport,
  StopStep,
} from "./stop.ts";
