/**
 * The text that `console.log()` shows for a process and for a manager.
 *
 * @module
 */

/** The arguments with which Deno calls a `Deno.customInspect` method. */
export type ShowArguments = [
  inspect: typeof Deno.inspect,
  options: Deno.InspectOptions,
];

/** The facts to show about a process. */
export interface Shown {
  /** The name of the process. */
  readonly name: string;
  /** The kind of its state. */
  readonly state: string;
  /** The process ID of its child, if one is alive. */
  readonly pid: number | undefined;
  /** How many runs followed the first one in the current or last life. */
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

/** Shows a value to the depth of the options, counted from the outer object. */
function show(
  value: object,
  ...[inspect, options]: ShowArguments
): string {
  const { depth } = options;
  // The depth of the value in another object; missing from the types.
  const at = Number(Reflect.get(options, "currentDepth") ?? 0);
  const rest = typeof depth === "number" ? { depth: depth - at } : {};
  return inspect(value, { ...options, ...rest });
}
