/**
 * Where lines go besides the log: what a configuration says about it.
 *
 * @module
 */

/** A facility of syslog. */
export type Facility =
  | "kern"
  | "user"
  | "mail"
  | "daemon"
  | "auth"
  | "syslog"
  | "lpr"
  | "news"
  | "uucp"
  | "cron"
  | "authpriv"
  | "ftp"
  | "ntp"
  | "audit"
  | "alert"
  | "clock"
  | "local0"
  | "local1"
  | "local2"
  | "local3"
  | "local4"
  | "local5"
  | "local6"
  | "local7";

/** The facilities of syslog, whose numbers are their places. */
export const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "clock",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const satisfies readonly Facility[];

/** Where lines of a process go. */
export type LineTarget =
  /** The journal of systemd. */
  | { readonly kind: "journald"; readonly identifier: string }
  /** A syslog server; that of this machine if `server` is `undefined`. */
  | {
    readonly kind: "syslog";
    readonly server: URL | undefined;
    readonly facility: Facility;
    readonly identifier: string;
  };

/**
 * Returns where the lines of a process go.
 *
 * @param name The name of the process, which identifies its lines by default.
 * @param entry What the configuration says about it.
 */
export function targetsOf(
  name: string,
  { output }: Readonly<Record<string, unknown>>,
): LineTarget[] {
  const { journald, syslog }: Record<string, unknown> = { ...Object(output) };
  const targets: LineTarget[] = [];
  if (isOn(journald)) {
    const { identifier = name } = Object(journald);
    targets.push({ kind: "journald", identifier });
  }
  if (isOn(syslog)) {
    const { server, facility = "daemon", tag = name } = Object(syslog);
    targets.push({
      kind: "syslog",
      server: server === undefined ? undefined : new URL(server),
      facility,
      identifier: tag,
    });
  }
  return targets;
}

/** Returns whether an option that can be `true` or an object is set. */
function isOn(value: unknown): boolean {
  return value !== undefined && value !== false;
}

/** Returns what a target is called in a message. */
export function targetText(target: LineTarget): string {
  if (target.kind === "journald") return "journald";
  return target.server === undefined ? "syslog" : target.server.href;
}
