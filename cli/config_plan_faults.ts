/**
 * Finds the places of what is wrong with a plan.
 *
 * @module
 */

import type { ConfigFaults, Spot } from "./config_fault.ts";
import {
  type ConfigNode,
  keySpot,
  nodeAt,
  type NodePath,
  spotOf,
} from "./config_node.ts";

/**
 * Adds the faults of a plan.
 *
 * @param error What `plan()` has thrown.
 * @param node The configuration.
 * @param faults Where the faults go.
 */
export function addPlanFaults(
  error: unknown,
  node: ConfigNode,
  faults: ConfigFaults,
): void {
  const errors: unknown[] = error instanceof AggregateError
    ? error.errors
    : [error];
  for (const each of errors) {
    if (!(each instanceof TypeError || each instanceof RangeError)) throw each;
    // The names of dependencies have been checked, with their profiles.
    if (each.message.includes("does not name an entry")) continue;
    faults.add(placeOf(each.message, node), worded(each.message));
  }
}

/** The message speaks about options; that of a configuration says where. */
function worded(message: string): string {
  return message.replace(
    /^Option "([^"]*)"/,
    (_, path: string) => path === "" ? "it" : `processes.${path}`,
  );
}

function placeOf(message: string, node: ConfigNode): Spot {
  const [, circle] = /in a circle: (.*)$/.exec(message) ?? [];
  if (circle !== undefined) {
    const [from = "", to = ""] = circle.split(" → ");
    return keySpot(node, ["processes", from, "dependsOn"], to);
  }
  const [, option = ""] = /^Option "([^"]*)"/.exec(message) ?? [];
  return spotOfOption(option, node);
}

/** Returns the place of an option such as `api.2.each(2).ready.probe`. */
function spotOfOption(option: string, node: ConfigNode): Spot {
  const names = option.split(".").filter((name) =>
    !/^(\d+|each\(\d+\)?)$/.test(name)
  );
  const steps = names.flatMap((name): (string | number)[] => {
    const [, key = name, index] = /^(.*?)\[(\d+)\]$/.exec(name) ?? [];
    return index === undefined ? [key] : [key, Number(index)];
  });
  const inProcesses: NodePath = ["processes", ...steps];
  const isEntry = nodeAt(node, inProcesses.slice(0, 2)) !== undefined;
  return spotOf(node, isEntry ? inProcesses : steps);
}
