/**
 * Finds what is wrong with the schedules of a configuration.
 *
 * @module
 */

import { now } from "./clock.ts";
import type { ConfigFaults } from "./config_fault.ts";
import {
  type ConfigNode,
  keySpot,
  nameOf,
  nodeAt,
  type NodePath,
  spotOf,
} from "./config_node.ts";
import type { ResolvedConfig } from "./config_types.ts";
import { faultOf } from "./schedule.ts";
import { orderOf } from "./schedule_order.ts";

/**
 * Checks the schedules of a configuration.
 *
 * @param config The configuration.
 * @param node Where each part of it is written.
 * @param faults Where the faults go.
 */
export function checkSchedules(
  { processes }: ResolvedConfig,
  node: ConfigNode,
  faults: ConfigFaults,
): void {
  for (const [name, entry] of Object.entries(processes)) {
    const path: NodePath = ["processes", name];
    checkType(path, entry, node, faults);
    checkDependencies(path, entry, processes, node, faults);
    const order = orderOf(entry);
    const fault = order && faultOf(order.schedule, now());
    if (order === undefined || fault === undefined) continue;
    const { option, message } = fault;
    const key = order.action === "run"
      ? [...path, "schedule"]
      : [...path, "restart", "schedule"];
    const long = [...key, option];
    const at = nodeAt(node, long) === undefined ? key : long;
    faults.add(spotOf(node, at), `${nameOf(at)} ${message}`);
  }
}

/** Tasks run at certain times, and services are restarted. */
function checkType(
  path: NodePath,
  { type, schedule, restart }: Readonly<Record<string, unknown>>,
  node: ConfigNode,
  faults: ConfigFaults,
): void {
  if (schedule !== undefined && type !== "task") {
    faults.add(
      keySpot(node, path, "schedule"),
      `${nameOf([...path, "schedule"])} is only for tasks: write type: task, ` +
        "or restart: { schedule } to restart a service",
    );
  }
  if (Object(restart).schedule !== undefined && type === "task") {
    faults.add(
      keySpot(node, [...path, "restart"], "schedule"),
      `${nameOf([...path, "restart", "schedule"])} is only for services: ` +
        "a task has schedule",
    );
  }
}

/** Nothing can wait for what runs again and again. */
function checkDependencies(
  path: NodePath,
  { dependsOn }: Readonly<Record<string, unknown>>,
  processes: ResolvedConfig["processes"],
  node: ConfigNode,
  faults: ConfigFaults,
): void {
  for (const on of Object.keys(Object(dependsOn))) {
    if (processes[on]?.schedule === undefined) continue;
    const key = [...path, "dependsOn"];
    faults.add(
      keySpot(node, key, on),
      `${nameOf([...key, on])}: "${on}" runs only at the times of its ` +
        "schedule, so nothing can wait for it",
    );
  }
}
