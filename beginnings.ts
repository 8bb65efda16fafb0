/**
 * Finds the events with which the output of a process begins.
 *
 * @module
 */

import type { HookEvent, ProcessEvent, StartEvent } from "./events.ts";

/**
 * Finds the events with which the output of a process begins, for a program
 * that reads the lines of all processes: with its first run, or with the hook
 * `before` of that run. A process that starts again after its end begins again.
 *
 * @example
 * ```ts
 * import { Beginnings, Processman } from "@isbm/processman";
 *
 * const pm = new Processman();
 * const events = pm.events();
 * pm.command("echo", ["hello"], { before: ["echo", "first"] });
 * const beginnings = new Beginnings();
 * for await (const event of events) {
 *   if (!beginnings.begins(event)) continue;
 *   for await (const { text } of pm.get(event.name)?.lines() ?? []) {
 *     console.log(text); // [before] first, and then hello
 *   }
 *   await pm.shutdown();
 * }
 * ```
 */
export class Beginnings {
  /** The processes whose output has begun, but whose first run has not. */
  readonly #early = new Set<string>();

  /**
   * Returns whether the output of a process begins with an event.
   *
   * @param event The next event of the manager.
   */
  begins(event: ProcessEvent): event is StartEvent | HookEvent {
    switch (event.kind) {
      case "hook": {
        const first = event.hook === "before" && event.run === 1 &&
          event.end === undefined && !this.#early.has(event.name);
        if (first) this.#early.add(event.name);
        return first;
      }
      case "start":
        return event.run === 1 && !this.#early.delete(event.name);
      case "failed":
      case "stop":
        this.#early.delete(event.name);
        return false;
      case "lost":
        this.#early.clear();
        return false;
      default:
        return false;
    }
  }
}
