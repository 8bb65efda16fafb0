/**
 * What a configuration says about who is told of a failure: the options
 * `onFailed` and `onUnhealthy`.
 *
 * @module
 */

/** The options that say who is told. */
export const ALERT_OPTIONS = ["onFailed", "onUnhealthy"] as const;

/** An option that says who is told. */
export type AlertOption = (typeof ALERT_OPTIONS)[number];

/** What an alert is given to, with the defaults filled in. */
export type AlertOrder =
  | {
    /** A program that is run. */
    readonly kind: "command";
    /** The program and its arguments. */
    readonly command: readonly string[];
    /** How long it can take, in milliseconds. */
    readonly timeoutMs: number;
  }
  | {
    /** A server that gets a request. */
    readonly kind: "webhook";
    /** Where the request goes; it can contain secrets. */
    readonly url: string;
    /** Headers of the request; they can contain secrets. */
    readonly headers: Readonly<Record<string, string>>;
    /** How long each try can take, in milliseconds. */
    readonly timeoutMs: number;
  };

/** How long a command can take, in milliseconds. */
const COMMAND_MS = 30_000;

/** How long a request can take, in milliseconds. */
const WEBHOOK_MS = 10_000;

/** Returns what a process has for an option; `undefined` for nothing. */
export function alertOf(
  entry: Readonly<Record<string, unknown>>,
  option: AlertOption,
): AlertOrder | undefined {
  const value = entry[option];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return commandOf(value, COMMAND_MS);
  const { url = value, command, shell, headers, timeoutMs }: Record<
    string,
    unknown
  > = { ...Object(value) };
  const ms = Number(timeoutMs ?? COMMAND_MS);
  if (shell !== undefined) return commandOf(["sh", "-c", shell], ms);
  if (Array.isArray(command)) return commandOf(command, ms);
  const pairs = Object.entries(Object(headers))
    .map(([name, each]) => [name, String(each)]);
  return {
    kind: "webhook",
    url: String(url),
    headers: Object.fromEntries(pairs),
    timeoutMs: Number(timeoutMs ?? WEBHOOK_MS),
  };
}

/** Returns whether a process has one of the options. */
export function hasAlert(entry: Readonly<Record<string, unknown>>): boolean {
  return ALERT_OPTIONS.some((option) => entry[option] !== undefined);
}

function commandOf(words: readonly unknown[], timeoutMs: number): AlertOrder {
  return { kind: "command", command: words.map(String), timeoutMs };
}
