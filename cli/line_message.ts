/**
 * Lines as messages for syslog and journald. The functions are pure.
 *
 * @module
 */

import { levelOf, withoutColors } from "../control/log_level.ts";
import { FACILITIES, type Facility } from "./line_target.ts";

/** A line that goes somewhere. */
export interface Message {
  /** The text of the line. */
  readonly text: string;
  /** How severe it is, from 0 (emergency) to 7 (debug). */
  readonly severity: number;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** The process ID of the child that wrote it, if it is known. */
  readonly pid: number | undefined;
}

/** The severities of levels. */
const SEVERITIES = { debug: 7, info: 6, warn: 4, error: 3 } as const;

/**
 * Returns a line as a message. Its severity is that of a prefix such as `<3>`,
 * which programs write for systemd; that of a level which the line names; or 6
 * (info) for stdout, and 4 (warning) for stderr.
 */
export function messageOf(
  { text, source, time }: {
    readonly text: string;
    readonly source: "stdout" | "stderr";
    readonly time: number;
  },
  pid: number | undefined,
): Message {
  const [prefix, digit] = /^<([0-7])>/.exec(text) ?? [];
  if (prefix !== undefined) {
    const severity = Number(digit);
    return { text: text.slice(prefix.length), severity, time, pid };
  }
  const level = levelOf(text);
  const severity = level !== undefined
    ? SEVERITIES[level]
    : source === "stdout"
    ? 6
    : 4;
  return { text, severity, time, pid };
}

/** Returns a message as the stream of journald takes it. */
export function journalText({ text, severity }: Message): string {
  return `<${severity}>${text.replaceAll("\0", "\uFFFD")}\n`;
}

/** Returns a message as `logger --prio-prefix` reads it. */
export function loggerText(message: Message, facility: Facility): string {
  return `<${priority(message, facility)}>${plain(message)}\n`;
}

/** What identifies the messages of a process. */
export interface Sender {
  /** The facility. */
  readonly facility: Facility;
  /** The name of this machine. */
  readonly host: string;
  /** The name of the process. */
  readonly identifier: string;
}

/** Returns a message in the form of RFC 5424. */
export function syslogText(
  message: Message,
  { facility, host, identifier }: Sender,
): string {
  const { time, pid } = message;
  const head = [
    `<${priority(message, facility)}>1`,
    new Date(time).toISOString(),
    field(host, 255),
    field(identifier, 48),
    pid === undefined ? "-" : String(pid),
    "-",
    "-",
  ];
  return `${head.join(" ")} ${plain(message)}`;
}

function priority({ severity }: Message, facility: Facility): number {
  return FACILITIES.indexOf(facility) * 8 + severity;
}

/** A field of a header has only printable characters of ASCII. */
function field(text: string, most: number): string {
  return text.replace(/[^!-~]/g, "_").slice(0, most) || "-";
}

/** Receivers escape or drop control characters. */
function plain({ text }: Message): string {
  return withoutColors(text).replaceAll("\0", "\uFFFD");
}
