/**
 * What a configuration says about the schedule of a process.
 *
 * @module
 */

/** When something happens by itself, with the defaults filled in. */
export interface Schedule {
  /** The times, as a cron expression. */
  readonly cron: string;
  /** The time zone of the expression; `undefined` for that of this machine. */
  readonly timeZone: string | undefined;
  /** The longest random delay, in milliseconds. */
  readonly jitterMs: number;
  /** Whether what was missed happens once, as soon as possible. */
  readonly catchUp: boolean;
}

/** Reads the value of an option: an expression, or an object. */
export function scheduleOf(value: unknown): Schedule {
  const { cron, timeZone, jitterMs, catchUp }: Record<string, unknown> =
    typeof value === "string" ? { cron: value } : { ...Object(value) };
  return {
    cron: String(cron).trim(),
    timeZone: typeof timeZone === "string" ? timeZone : undefined,
    jitterMs: typeof jitterMs === "number" ? jitterMs : 0,
    catchUp: catchUp !== false,
  };
}

/** What happens at the times of a schedule, and which ones they are. */
export interface Order {
  /** What happens. */
  readonly action: "run" | "restart";
  /** When. */
  readonly schedule: Schedule;
}

/** Returns what the configuration of a process says about its schedule. */
export function orderOf(
  { schedule, restart }: Readonly<Record<string, unknown>>,
): Order | undefined {
  const again: unknown = Object(restart).schedule;
  if (schedule !== undefined) {
    return { action: "run", schedule: scheduleOf(schedule) };
  }
  if (again === undefined) return undefined;
  return { action: "restart", schedule: scheduleOf(again) };
}
