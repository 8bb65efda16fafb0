/**
 * The syntax of systemd's unit files.
 *
 * @module
 */

import { headComment } from "./comment_lines.ts";

/** A section of a unit, with its settings in order. */
export interface UnitSection {
  /** The name, such as `Service`. */
  readonly name: string;
  /** The lines, such as `Type=exec`. */
  readonly lines: readonly string[];
}

/**
 * Returns the text of a unit.
 *
 * @param comments What stands above the unit, a paragraph each.
 * @param sections The sections; those without lines are left out.
 */
export function unitText(
  comments: readonly string[],
  sections: readonly UnitSection[],
): string {
  const blocks = sections.filter(({ lines }) => lines.length > 0)
    .map(({ name, lines }) => [`[${name}]`, ...lines].join("\n"));
  const head = headComment(comments).trimEnd();
  return `${[...head === "" ? [] : [head], ...blocks].join("\n\n")}\n`;
}

/** What systemd, or a reader, could take for the end of a line. */
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;

/** Returns a text without control characters, for people to read. */
function plain(text: string): string {
  return text.replaceAll(CONTROL, " ").trim();
}

/** Returns a text for people, such as that of `Description=`. */
export function shownText(text: string): string {
  return withoutSpecifiers(plain(text)).replace(/\\$/, "");
}

/** Returns a text in which `%` stands for itself. */
export function withoutSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

const WORD = /^[A-Za-z0-9_@%+:,./=~^-]+$/;

/**
 * Returns one word as a setting with words must have it.
 *
 * @param text The word, without a zero byte.
 */
export function unitWord(text: string): string {
  const escaped = withoutSpecifiers(text);
  return WORD.test(text) ? escaped : quoted(escaped);
}

function quoted(text: string): string {
  const escaped = text.replaceAll(
    /["\\\p{Cc}]/gu,
    (char) => char > "\x7f" ? char : ESCAPES[char] ?? `\\x${hex(char)}`,
  );
  return `"${escaped}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, "0");
}

/**
 * Returns a command line, such as that of `ExecStart=`. The program must be
 * one that {@linkcode isPlainProgram} accepts.
 */
export function commandLine(
  [program = "", ...args]: readonly string[],
): string {
  const words = args.map((arg) => unitWord(arg.replaceAll("$", "$$$$")));
  return [unitWord(program), ...words].join(" ");
}

/** Starts a program whose name means something else where it is written. */
export const VIA_SHELL: readonly string[] = ["/bin/sh", "-c", 'exec "$0" "$@"'];

/**
 * Returns whether a word can be the program of a command line. systemd reads
 * some characters at its beginning as instructions, and it accepts neither
 * quotes, nor backslashes, nor control characters in it.
 */
export function isPlainProgram(program: string): boolean {
  return /^[^@\-:+!|]/.test(program) && !/["'\\\p{Cc}]/u.test(program);
}

/**
 * Returns a path for a setting that takes the rest of the line, such as
 * `WorkingDirectory=`; `undefined` if no line can hold the path.
 *
 * @param path An absolute path.
 */
export function linePath(path: string): string | undefined {
  if (/\p{Cc}|[\s\\]$/u.test(path)) return undefined;
  return withoutSpecifiers(path);
}

/** Returns an absolute path without parts such as `.` and `..`. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/**
 * Returns the name or the ID of a user for `User=`. systemd would ignore a name
 * that it does not accept, and run the process as root.
 *
 * @throws {TypeError} If systemd does not accept the name.
 */
export function userName(user: string | number): string {
  const name = String(user);
  if (!/[:/\p{Cc}]|^[\s-]|\s$|^\.{0,2}$/u.test(name)) {
    return withoutSpecifiers(name);
  }
  throw new TypeError(
    `systemd accepts no user with the name ${JSON.stringify(name)}`,
  );
}

/** Whether systemd accepts the name of a variable. */
export function isVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Returns a setting with its values; nothing if there are none. */
export function setting(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${name}=${values.join(" ")}`];
}

/** Returns a duration, such as `5s` or `2500ms`. */
export function timeSpan(ms: number): string {
  if (!(ms < MOST_MS)) return "infinity";
  if (Number.isInteger(ms / 1_000)) return `${ms / 1_000}s`;
  if (Number.isInteger(ms)) return `${ms}ms`;
  return `${Math.max(1, Math.round(ms * 1_000))}us`;
}

/** More than ten thousand years. */
const MOST_MS = 1e15;

/** Which manager runs units: that of the system, or that of a user. */
export type Scope = "system" | "user";

/**
 * Returns the name of a project as the names of units can contain it. It is
 * never one that a unit of the system has.
 */
export function projectName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9:_.-]+/g, "-")
    .replaceAll(/^[-.:]+|[-.:]+$/g, "").slice(0, 100) || "project";
  return RESERVED.test(plain) ? `processman-${plain}` : plain;
}

/** Names whose units would stand in for those of the system. */
const RESERVED =
  /^(?:basic|blockdev|bluetooth|boot-complete|cryptsetup|ctrl-alt-del|default|emergency|exit|factory-reset|final|first-boot-complete|getty|graphical|halt|hibernate|hybrid-sleep|initrd|integritysetup|kbrequest|kexec|local-fs|machines|multi-user|network|nss|paths|poweroff|printer|reboot|remote|rescue|rpcbind|runlevel|shutdown|sigpwr|sleep|slices|smartcard|sockets|soft-reboot|sound|suspend|swap|sysinit|system|systemd|time|timers|umount|usb-gadget|user|veritysetup)(?:$|[-.])/;
