/**
 * The names of everything that is exported, and the attributes of what happens.
 * The functions are pure.
 *
 * A name is that of the semantic conventions of OpenTelemetry where they have
 * one.
 *
 * @module
 */

import type { Attributes } from "@opentelemetry/api";
import type {
  Decision,
  ExitEvent,
  ProbeCall,
  ReadyEvent,
  RestartDecision,
  StopStep,
  UnhealthyEvent,
  UnreadyEvent,
} from "../mod.ts";

/** The first words of the names of spans; the name of the process follows. */
export const SPAN = {
  life: "supervise",
  run: "run",
  wait: "wait",
  backoff: "backoff",
  probe: "probe",
  leftovers: "clean up",
} as const;

/** The names of the events of spans. */
export const SPAN_EVENT = {
  ready: "processman.ready",
  unready: "processman.unready",
  unhealthy: "processman.unhealthy",
  stderr: "processman.stderr",
  stop: "processman.stop",
  signal: "processman.signal",
} as const;

/** The names of attributes. */
export const ATTRIBUTE = {
  process: "processman.process",
  run: "processman.run",
  executable: "process.executable.name",
  args: "process.command_args",
  pid: "process.pid",
  code: "process.exit.code",
  errorType: "error.type",
  signal: "processman.signal",
  exitReason: "processman.exit.reason",
  requested: "processman.requested",
  verdict: "processman.verdict",
  decision: "processman.decision",
  decisionReason: "processman.decision.reason",
  attempt: "processman.attempt",
  delay: "processman.delay_ms",
  restartsLeft: "processman.restarts_left",
  runs: "processman.runs",
  outcome: "processman.outcome",
  waitReason: "processman.wait.reason",
  option: "processman.probe.option",
  probe: "processman.probe.name",
  answer: "processman.probe.answer",
  answerReason: "processman.probe.reason",
  failures: "processman.probe.failures",
  after: "processman.after_ms",
  stderr: "processman.stderr",
  survivors: "processman.survivors",
  state: "processman.state",
  stopCommand: "processman.stop.command",
  restartReason: "processman.restart.reason",
  stream: "log.iostream",
} as const;

/** Why a run ended, in one word. */
export type ExitReason =
  | "success"
  | "crash"
  | "signal"
  | "not-ready"
  | "unhealthy"
  | "requested";

/** The most characters of stderr that are exported of a run. */
const STDERR_LENGTH = 4_000;

/** Returns why a run ended. */
export function exitReason(
  { verdict, requested, crashed, status }: ExitEvent,
): ExitReason {
  if (verdict) return verdict.reason;
  if (requested) return "requested";
  if (!crashed) return "success";
  return status.signal === null ? "crash" : "signal";
}

/** Returns how a run ended, in words. */
export function exitText({ verdict, status }: ExitEvent): string {
  if (verdict) return `${verdict.reason}: ${verdict.answer}`;
  const { code, signal } = status;
  return signal === null ? `exit code ${code}` : signal;
}

/** Returns the attributes of the end of a run. */
export function exitAttributes(event: ExitEvent): Attributes {
  const { status: { code, signal }, requested, verdict } = event;
  const reason = exitReason(event);
  return {
    [ATTRIBUTE.code]: code,
    [ATTRIBUTE.exitReason]: reason,
    [ATTRIBUTE.requested]: requested,
    ...signal !== null && { [ATTRIBUTE.signal]: signal },
    ...verdict && { [ATTRIBUTE.verdict]: verdict.answer },
    ...event.decision && decisionAttributes(event.decision),
  };
}

/** Returns the attributes of what follows a run. */
export function decisionAttributes(decision: Decision): Attributes {
  return {
    [ATTRIBUTE.decision]: decision.kind,
    [ATTRIBUTE.decisionReason]: decision.reason,
    ...decision.kind !== "leave" && { [ATTRIBUTE.attempt]: decision.attempt },
    ...decision.kind === "restart" && restartAttributes(decision),
  };
}

function restartAttributes(
  { delayMs, restartsLeft }: RestartDecision,
): Attributes {
  return {
    [ATTRIBUTE.delay]: delayMs,
    ...restartsLeft !== undefined &&
      { [ATTRIBUTE.restartsLeft]: restartsLeft },
  };
}

/** Returns the attributes of what the probes of a run have found out. */
export function findingAttributes(
  event: ReadyEvent | UnreadyEvent | UnhealthyEvent,
): Attributes {
  if (event.kind === "ready") return { [ATTRIBUTE.after]: event.afterMs };
  const { reason } = event;
  return {
    [ATTRIBUTE.answerReason]: reason,
    ...event.kind === "unhealthy" && { [ATTRIBUTE.failures]: event.failures },
  };
}

/**
 * Returns the attributes of the call of a probe.
 *
 * @param call The call.
 * @param args Whether they may contain arguments of programs: the name of an
 * `exec()` probe does.
 */
export function probeAttributes(
  { name, run, option, probe }: ProbeCall,
  args: boolean,
): Attributes {
  const [kind = ""] = args ? [probe.name] : probe.name.match(/^[^\s(]*/) ?? [];
  return {
    [ATTRIBUTE.process]: name,
    [ATTRIBUTE.run]: run,
    [ATTRIBUTE.option]: option,
    ...kind !== "" && { [ATTRIBUTE.probe]: kind },
  };
}

/** Returns the end of what a crashed run wrote to stderr last. */
export function lastOf(lines: readonly string[]): string {
  return lines.join("\n").slice(-STDERR_LENGTH);
}

/** Returns the name of the file of a program. */
export function fileName(program: string): string {
  return program.slice(program.search(/[^/\\]*$/));
}

/** Returns how long the steps of a stop took together, in milliseconds. */
export function totalMs(steps: readonly StopStep[]): number {
  return steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/** Returns the message of what was thrown, which can be any value. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "unknown error";
  }
}
