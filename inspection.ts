/**
 * What `console.log()` shows of a process and of a manager.
 *
 * @module
 */

/** What Deno calls a method named `Deno.customInspect` with. */
export type ShowArguments = [
  inspect: typeof Deno.inspect,
  options: Deno.InspectOptions,
];

/** The facts that are shown of a process. */
export interface Shown {
  /** The name of the process. */
  readonly name: string;
  /** The kind of its state. */
  readonly state: string;
  /** The process ID of its child, if one is alive. */
  readonly pid: number | undefined;
  /** How many runs of the present or last life have followed its first. */
  readonly restarts: number;
}

/** Shows a process, such as `Process { name: "web", … }`. */
export function showProcess(
  shown: Shown,
  ...how: ShowArguments
): string {
  // Deno shows the name of the class.
  class Process {}
  return show(Object.assign(new Process(), shown), ...how);
}

/** Shows a manager as a list of its processes. */
export function showProcessman(
  processes: Iterable<unknown>,
  ...how: ShowArguments
): string {
  class Processman extends Array<unknown> {}
  return show(Processman.from(processes), ...how);
}

/** Shows a value as deep as the options say, from where it is. */
function show(
  value: object,
  ...[inspect, options]: ShowArguments
): string {
  const { depth } = options;
  // Not in the types: how deep in another object the value is.
  const at = Number(Reflect.get(options, "currentDepth") ?? 0);
  const rest = typeof depth === "number" ? { depth: depth - at } : {};
  return inspect(value, { ...options, ...rest });
}
