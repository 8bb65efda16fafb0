/**
 * Writes the unit that runs the tool at boot.
 *
 * @module
 */

import { must } from "./check_options.ts";
import type { Exported } from "./exported.ts";
import {
  commandLine,
  isPlainProgram,
  linePath,
  projectName,
  shownText,
  timeSpan,
  unitText,
  unitWord,
  userName,
} from "./systemd_text.ts";

/** Options for {@linkcode selfUnit}. */
export interface SelfUnitOptions {
  /** The name of the project, which names the unit. */
  name: string;
  /**
   * The command that runs the tool, such as `["/usr/bin/processman", "up"]`.
   * The program must be an absolute path, because systemd does not know the
   * `PATH` of your shell.
   */
  command: readonly [program: string, ...args: string[]];
  /**
   * The command that makes the supervisor read its configuration again.
   *
   * @default {none}
   */
  reload?: readonly [program: string, ...args: string[]] | undefined;
  /** The folder of the configuration, an absolute path. */
  cwd: string;
  /**
   * How long the supervisor can take to stop its processes, in milliseconds.
   * Then systemd kills it together with all of them.
   */
  stopMs: number;
  /**
   * The user that runs the tool. Only in the scope `"system"`.
   *
   * @default {root}
   */
  user?: string | undefined;
  /**
   * Which manager runs the unit: that of the system, which starts it at boot, or
   * that of a user, which starts it when the user logs in.
   *
   * @default {"system"}
   */
  scope?: "system" | "user" | undefined;
  /**
   * Variables of the environment, such as `PATH`.
   *
   * @default {{}}
   */
  environment?: Readonly<Record<string, string>> | undefined;
}

/**
 * Returns the unit with which systemd starts the tool, and the tool supervises
 * the processes. Unlike {@linkcode toSystemd}, it keeps all that a plan can say.
 *
 * @example
 * ```ts
 * import { selfUnit } from "@isbm/processman/export";
 * import { assertEquals } from "@std/assert";
 *
 * const { files } = selfUnit({
 *   name: "shop",
 *   command: ["/usr/local/bin/processman", "up"],
 *   reload: ["/usr/local/bin/processman", "reload"],
 *   cwd: "/srv/shop",
 *   stopMs: 25_000,
 *   user: "shop",
 * });
 * assertEquals(files[0]?.name, "shop.service");
 * ```
 *
 * @param options What to run, where and as whom.
 * @returns The unit.
 * @throws {TypeError} If an option has a wrong value.
 */
export function selfUnit(options: SelfUnitOptions): Exported {
  check(options);
  const { name, command, reload, cwd, stopMs } = options;
  const { user, scope = "system", environment = {} } = options;
  const service = [
    "Type=notify",
    "NotifyAccess=all",
    `ExecStart=${commandLine(command)}`,
    ...reload === undefined ? [] : [`ExecReload=${commandLine(reload)}`],
    `WorkingDirectory=${linePath(cwd)}`,
    ...user === undefined ? [] : [`User=${userName(user)}`],
    ...Object.entries(environment).map(([name, value]) =>
      `Environment=${unitWord(`${name}=${value}`)}`
    ),
    "# Starts wait until all processes are ready.",
    "TimeoutStartSec=infinity",
    "# The processes are stopped by the tool, which then ends with 143.",
    "KillMode=mixed",
    `TimeoutStopSec=${timeSpan(stopMs)}`,
    "SuccessExitStatus=143",
    "Restart=on-failure",
    "RestartSec=5s",
  ];
  const wanted = scope === "system" ? "multi-user" : "default";
  const text = unitText([], [
    {
      name: "Unit",
      lines: [
        `Description=Processes of ${shownText(name)}`,
        ...scope === "system" ? ["After=network.target"] : [],
      ],
    },
    { name: "Service", lines: service },
    { name: "Install", lines: [`WantedBy=${wanted}.target`] },
  ]);
  return {
    files: [{ name: `${projectName(name)}.service`, text }],
    notes: [],
  };
}

function check({ name, command, reload, cwd, ...rest }: SelfUnitOptions): void {
  const { stopMs, user, scope, environment = {} } = rest;
  must(typeof name === "string" && name !== "", "name", "a name", name);
  for (const [option, words] of Object.entries({ command, reload })) {
    if (words === undefined) continue;
    const program = words[0];
    const usable = program.startsWith("/") && isPlainProgram(program);
    must(
      usable,
      option,
      "a command with the absolute path of a program",
      words,
    );
  }
  const usable = cwd.startsWith("/") && linePath(cwd) !== undefined;
  must(usable, "cwd", "an absolute path without control characters", cwd);
  must(stopMs > 0, "stopMs", "a number > 0", stopMs);
  must(
    scope === undefined || scope === "system" || scope === "user",
    "scope",
    '"system" or "user"',
    scope,
  );
  must(
    user === undefined || scope !== "user",
    "user",
    'left out in the scope "user"',
    user,
  );
  for (const name of Object.keys(environment)) {
    const usable = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
    must(
      usable,
      "environment",
      "variables with names of letters, digits and _",
      name,
    );
  }
}
