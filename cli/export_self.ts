/**
 * The unit that runs `processman up` at boot.
 *
 * @module
 */

import type { Plan } from "../plan/mod.ts";
import { readArguments } from "./arguments.ts";
import { type Call, CliError, STATUS } from "./call.ts";
import { up } from "./command_up.ts";
import { accepted, type Export } from "./export_engines.ts";
import { withoutRemoved } from "./export_notes.ts";
import { load } from "./load.ts";
import { ownCommand, ownProgram } from "./own_command.ts";
import { buildPlan, type ResolvedConfig } from "./resolved.ts";
import { readFlags } from "./up.ts";

/** How long a process can take to end, unless it says so, in milliseconds. */
const GRACE_MS = 10_000;

/** How long the supervisor can take besides its processes, in milliseconds. */
const OWN_MS = 10_000;

/**
 * Returns the unit that runs `processman up` for a configuration.
 *
 * @param call The call; its arguments after `--` are those of `up`.
 * @param config The configuration.
 * @throws {CliError} If no unit can be written for it, or `up` would refuse the
 * arguments, or not stay.
 */
export async function selfExport(
  { options, rest, io }: Call,
  config: ResolvedConfig,
): Promise<Export> {
  checkArguments(rest, io);
  const { selfUnit } = await load<typeof import("../export/mod.ts")>(
    "../export/mod.ts",
  );
  const { plan, manager } = buildPlan(withoutRemoved(config));
  const { files, profiles } = config.source;
  const which = [
    ...files.flatMap((file) => ["-f", file]),
    ...profiles.flatMap((profile) => ["--profile", profile]),
  ];
  const command = (...args: string[]): [string, ...string[]] => {
    const [program = "", ...others] = ownCommand(ownProgram(), args);
    return [program, ...others];
  };
  const scope = options.flag("user") ? "user" : "system";
  const path = io.env("PATH");
  const { exitDeadlineMs = longestStopMs(plan) } = manager;
  const exported = accepted(() =>
    selfUnit({
      name: config.name,
      command: command("up", ...which, ...rest),
      reload: command("reload", ...which),
      cwd: config.cwd,
      stopMs: Number(exitDeadlineMs) + OWN_MS,
      scope,
      // Only with a user does systemd set HOME, which Deno needs.
      user: scope === "user" ? undefined : userOf(io),
      environment: path === undefined ? {} : { PATH: path },
    })
  );
  return { exported, config, about: [] };
}

/** Finds now what would otherwise fail whenever systemd starts the unit. */
function checkArguments(rest: readonly string[], io: Call["io"]): void {
  if (!readFlags(readArguments(up, rest, io.now())).detach) return;
  throw new CliError(
    "systemd needs `up` in the foreground: it takes no -d and no --wait",
    STATUS.usage,
  );
}

/** The user who has typed the command, also by `sudo`. */
function userOf(io: Call["io"]): string {
  return io.env("SUDO_USER") ?? io.env("USER") ?? io.env("LOGNAME") ?? "root";
}

/**
 * Returns how long the processes of a plan can take to end: each is asked to
 * when those that depend on it have ended.
 */
export function longestStopMs({ entries }: Plan): number {
  const chains = new Map<string, number>();
  for (const { name, dependencies, units } of entries.values()) {
    const grace = units.map(({ options }) =>
      options.stop?.gracePeriodMs ?? GRACE_MS
    );
    const below = dependencies.map(({ on }) => chains.get(on) ?? 0);
    chains.set(name, Math.max(0, ...grace) + Math.max(0, ...below));
  }
  return Math.max(0, ...chains.values());
}
