/**
 * What an alert says. The functions are pure.
 *
 * @module
 */

import type { Line, ProcessEvent } from "../mod.ts";
import type { AlertOption } from "./alert_order.ts";

/** What has happened to a process. */
export interface Happened {
  /** The option that says who is told. */
  readonly option: AlertOption;
  /** The name of the process. */
  readonly name: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number;
  /** Why. */
  readonly reason: string;
}

/** What a command or a server is told, as JSON. */
export interface News {
  /** All of it in one line, as chats show it. */
  readonly text: string;
  /** The name of the process, such as `api.2`. */
  readonly name: string;
  /** `failed` if it was given up, `unhealthy` if it hangs and is ended. */
  readonly state: "failed" | "unhealthy";
  /** Why. */
  readonly reason: string;
  /** The last lines that it has written to stderr. */
  readonly stderr: readonly string[];
  /** When it happened, in ISO 8601. */
  readonly time: string;
  /** The name of the supervisor. */
  readonly supervisor: string;
  /** The name of the machine. */
  readonly host: string;
}

/** The most lines of stderr that are told. */
const LINES = 20;

/** The most characters of a text that are told. */
const LONGEST = 2_000;

/**
 * Returns what an alert can be about: a process that is given up, that failed
 * and is not restarted, or that hangs. Other events are no reason for one.
 */
export function happenedIn(event: ProcessEvent): Happened | undefined {
  switch (event.kind) {
    case "failed": {
      const { name, time, error } = event;
      return { option: "onFailed", name, time, reason: error.message };
    }
    case "exit": {
      const { name, time, crashed, decision, status } = event;
      if (!crashed || decision?.kind !== "leave") return undefined;
      const { code, signal } = status;
      const how = signal === null
        ? `exited with code ${code}`
        : `ended by ${signal}`;
      const reason = `${how}, and is not restarted`;
      return { option: "onFailed", name, time, reason };
    }
    case "unhealthy": {
      const { name, time, reason } = event;
      return { option: "onUnhealthy", name, time, reason };
    }
    default:
      return undefined;
  }
}

/**
 * Returns what is told of what has happened.
 *
 * @param happened What has happened.
 * @param lines The last lines of the process.
 * @param supervisor The name of the supervisor.
 * @param host The name of the machine.
 */
export function newsOf(
  { option, name, time, reason }: Happened,
  lines: readonly Line[],
  supervisor: string,
  host: string,
): News {
  const state = option === "onFailed" ? "failed" : "unhealthy";
  const has = state === "failed" ? "has failed" : "is unhealthy";
  const why = cut(reason);
  const stderr = lines.filter(({ source }) => source === "stderr")
    .slice(-LINES).map(({ text }) => cut(text));
  return {
    text: `${name} of ${supervisor} on ${host} ${has}: ${why}`,
    name,
    state,
    reason: why,
    stderr,
    time: new Date(time).toISOString(),
    supervisor,
    host,
  };
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
