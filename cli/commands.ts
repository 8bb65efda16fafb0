/**
 * The table of all commands. The help, the arguments and the reference page of
 * the documentation are made from it.
 *
 * @module
 */

import type { CommandSpec } from "./command_spec.ts";
import { clients } from "./commands_clients.ts";
import { control } from "./commands_control.ts";
import { supervisor } from "./commands_supervisor.ts";
import { view } from "./commands_view.ts";

/** All commands in groups, as the help shows them. */
export const GROUPS: readonly {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}[] = [
  { title: "Run what a configuration says", commands: supervisor },
  { title: "Look at processes", commands: view },
  { title: "Control processes", commands: control },
  {
    title: "Check this machine, and connect other programs",
    commands: clients,
  },
];

/** All commands. */
export const COMMANDS: readonly CommandSpec[] = GROUPS.flatMap(
  ({ commands }) => commands,
);
