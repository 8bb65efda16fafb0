/**
 * Runs child processes and manages their life cycle: restarts a process that
 * crashes, provides its output as lines and streams, stops it together with
 * everything that it started, and leaves nothing behind.
 *
 * ```ts
 * import { Processman } from "@isbm/processman";
 *
 * await using pm = new Processman();
 * const hello = pm.command("echo", ["hello"]);
 * for await (const line of hello.lines()) console.log(line.text);
 * ```
 *
 * It needs the permission `--allow-run`. Only the option `output.file` needs
 * more.
 *
 * @module
 */

export {
  type Backoff,
  constant,
  exponential,
  type ExponentialOptions,
  type Jitter,
  uniform,
} from "./backoff.ts";
export type { DisposableIterator } from "./abortable.ts";
export * from "./errors.ts";
export type { EventsOptions } from "./event_hub.ts";
export type {
  EventBase,
  ExitEvent,
  FailedEvent,
  LeftoversEvent,
  LostEvent,
  ProcessEvent,
  RestartEvent,
  SignalEvent,
  StartEvent,
  StopEvent,
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
  Traces,
} from "./kernel.ts";
export type { Line, Lines, LinesOptions, OutputSource } from "./lines.ts";
export type { Logger } from "./log.ts";
export { Processman } from "./manager.ts";
export type {
  OnSignal,
  ProcessmanOptions,
  ShutdownOptions,
} from "./manager_options.ts";
export type {
  CommandDefaults,
  CommandOptions,
  GateContext,
  PrepareContext,
  Prepared,
  PreparedRun,
  UpdateOptions,
} from "./options.ts";
export type { OutputFileOptions } from "./output_file.ts";
export type { OutputOptions } from "./output.ts";
export { printOutput, type PrintOutputOptions } from "./print_output.ts";
export type { Process } from "./process.ts";
export type { ProcessState } from "./process_state.ts";
export type {
  Decision,
  DecisionBase,
  FailDecision,
  LeaveDecision,
  LimitDecision,
  RestartDecision,
} from "./restart.ts";
export type {
  LeftoverOptions,
  RestartLimit,
  RestartOptions,
  RestartPolicy,
} from "./restart_options.ts";
export type { SignalOptions } from "./signals.ts";
export { simulate, type SimulatedExit, type SimulatedRun } from "./simulate.ts";
export type {
  EscapedProcess,
  StopOptions,
  StopOutcome,
  StopReport,
  StopStep,
} from "./stop.ts";
