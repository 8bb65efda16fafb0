/**
 * Makes probes of what is written.
 *
 * @module
 */

import type { Probe } from "../mod.ts";
import { all, exec, file, http, line, tcp } from "../probe/mod.ts";

type Plain = Readonly<Record<string, unknown>>;

/** Makes a probe; each kind with its options, or with the main one alone. */
export function probeOf(probe: Plain): Probe {
  const [[kind, value] = ["", undefined]] = Object.entries(probe);
  const make = MAKERS[kind];
  if (make === undefined) throw new TypeError(`There is no probe "${kind}"`);
  return within(kind, () => make(value));
}

/**
 * Returns what a function returns. An error about an option says which one it
 * is, from outside.
 *
 * @throws What the function throws.
 */
export function within<Result>(path: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) {
      throw error;
    }
    const message = error.message.replace(/^Option "/, `Option "${path}.`);
    throw error instanceof RangeError
      ? new RangeError(message)
      : new TypeError(message);
  }
}

const MAKERS: Readonly<Record<string, (value: unknown) => Probe>> = {
  http: (value) => {
    const { url, ...options } = optionsOf(value, "url");
    return http(String(url), options);
  },
  tcp: (value) => {
    const { port, ...options } = optionsOf(value, "port");
    return tcp({ ...options, port: Number(port) });
  },
  exec: (value) => {
    const { command, ...options } = optionsOf(value, "command");
    const [program, ...args] = Array.from(Object(command), String);
    return exec(program ?? "", args, options);
  },
  line: (value) => {
    const { pattern, ...options } = optionsOf(value, "pattern");
    return line(patternOf(String(pattern)), options);
  },
  file: (value) => {
    const { path, ...options } = optionsOf(value, "path");
    return file(String(path), options);
  },
  all: (value) =>
    all(...Array.from(Object(value), (each) => probeOf(Object(each)))),
};

/** Returns options; a value alone stands for the main one. */
function optionsOf(value: unknown, main: string): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? { ...value }
    : { [main]: value };
}

/** Returns a regular expression for a text such as `/ready in \d+ ms/i`. */
function patternOf(text: string): string | RegExp {
  const [, source, flags] = /^\/(.+)\/([dgimsuvy]*)$/s.exec(text) ?? [];
  return source === undefined ? text : new RegExp(source, flags);
}
