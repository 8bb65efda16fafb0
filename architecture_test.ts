/**
 * How the modules may depend on each other, in tables: edit a table only to
 * change the architecture, never to make the test pass.
 *
 * @module
 */

import { assertArrayIncludes, assertEquals } from "@std/assert";
import { type Architecture, checkArchitecture } from "./tools/architecture.ts";
import { publishedFiles, readPackage, root } from "./tools/package.ts";

/**
 * The modules of the core, the lowest layer first. Each imports from layers
 * below its own alone. `CONTRIBUTING.md` draws them.
 */
const LAYERS = [
  "foreign libc",
  "inspection kernel outlets process_state validate",
  "abortable destination guard_pipes hook_options losses permissions poller terminal_input",
  "backoff file_path find_program guard_script lines process_table pump read_table run signals stdin terminal user",
  "byte_ring guard_process piped_stream probe_options raw_lines restart_options rotating_file stop stream_file sweep",
  "delivery guard inquiry output_file restart source stop_commands",
  "errors events output probing run_registry simulate",
  "beginnings ending event_hub not_started options remains run_end",
  "instruments reporter spec stop_order terminal_child",
  "description life_host spawn",
  "system",
  "launch log program_exit streams",
  "attached_run hook",
  "phases",
  "launcher",
  "life",
  "manager_options process",
  "signal_end",
  "manager",
  "print_output",
  "mod",
].map((names) => names.split(" "));

/**
 * The rings whose `mod.ts` each ring may import, besides that of the core, and
 * the files that are doors of their own.
 */
const DOORS = {
  probe: [],
  plan: ["probe"],
  telemetry: [],
  testing: [],
  export: ["plan"],
  control: ["plan"],
  dashboard: ["control/client.ts", "control/serving.ts"],
  cli: [
    "probe",
    "plan",
    "telemetry",
    "testing",
    "export",
    "control",
    "control/client.ts",
    "control/format.ts",
    "control/log_level.ts",
    "control/serving.ts",
    "dashboard",
  ],
};

/** The files that may import from other packages, by what they import. */
const EXTERNALS = {
  "@std/async/delay": ["system.ts"],
  "@std/log/*": ["log.ts"],
  "@opentelemetry/api": ["telemetry/*"],
  "@modelcontextprotocol/sdk/*": ["cli/mcp.ts"],
  "croner": ["cli/schedule.ts"],
  "node:dgram": ["cli/line_connections.ts"],
  "node:fs/promises": ["cli/doctor_facts.ts"],
  "node:path": ["cli/*"],
  "node:process": ["cli/mcp.ts"],
  "node:url": ["cli/evaluate.ts"],
  "yaml": ["export/*", "cli/*"],
  "zod": ["cli/*"],
};

/**
 * The files that may reach the system, read a clock, wait, draw random numbers
 * or print, by the global name that they use.
 */
const GLOBALS = {
  "Deno.Command": [
    "cli/detach.ts",
    "cli/line_connections.ts",
    "cli/systemd_notify.ts",
    "cli/web_open.ts",
    "control/read_usage.ts",
    "find_program.ts",
    "guard_process.ts",
    "read_table.ts",
    "spawn.ts",
    "user.ts",
  ],
  "Deno.dlopen": ["cli/doctor_facts.ts", "libc.ts"],
  "Deno.kill": [
    "cli/runs.ts",
    "cli/terminal_mode.ts",
    "program_exit.ts",
    "system.ts",
  ],
  "Deno.exit": ["cli/mod.ts", "program_exit.ts"],
  "Deno.addSignalListener": [
    "cli/background.ts",
    "cli/io.ts",
    "cli/terminal_mode.ts",
    "program_exit.ts",
  ],
  "Deno.permissions": [
    "cli/doctor_facts.ts",
    "control/connection.ts",
    "control/permission.ts",
    "control/read_usage.ts",
    "control/socket.ts",
    "permissions.ts",
    "probe/permission.ts",
  ],
  "addEventListener": ["control/exposure.ts", "program_exit.ts", "sweep.ts"],
  "Deno.watchFs": ["cli/file_watch_folders.ts", "control/log_disk.ts"],
  "performance.now": ["system.ts"],
  "Date.now": ["cli/clock.ts", "control/claim.ts", "system.ts"],
  "setTimeout": [
    "cli/clock.ts",
    "control/lock.ts",
    "system.ts",
  ],
  "setInterval": ["control/claim.ts"],
  "Atomics.wait": ["system.ts"],
  "Atomics.waitAsync": ["system.ts"],
  "Math.random": ["simulate.ts", "system.ts"],
  "console": ["cli/*", "telemetry/console_logger.ts"],
};

/** The files whose top-level variables may change after the import: none. */
const STATE = {};

const { state } = Deno.permissions.querySync({ name: "read" });
const ignore = state !== "granted";

/** Checks the published modules, with some of them changed or added. */
async function check(
  change: (text: string, path: string) => string = (text) => text,
  added: Record<string, string> = {},
): Promise<string[]> {
  const sources = new Map<string, string>();
  for (const path of await publishedFiles(root)) {
    if (!path.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(path, root));
    sources.set(path, change(text, path));
  }
  for (const [path, text] of Object.entries(added)) sources.set(path, text);
  const { exports } = await readPackage(root);
  const allowed: Architecture = {
    layers: LAYERS,
    doors: DOORS,
    externals: EXTERNALS,
    globals: GLOBALS,
    state: STATE,
    entries: Object.values(exports).map((path) => path.replace(/^\.\//, "")),
  };
  return checkArchitecture(sources, allowed);
}

Deno.test({
  name: "The modules depend on each other only as the tables allow",
  ignore,
  async fn() {
    assertEquals(await check(), []);
  },
});

Deno.test({
  name: "The tables catch a circle, an upward import and a module out of reach",
  ignore,
  async fn() {
    const found = await check(
      (text, path) => {
        if (path !== "kernel.ts") return text;
        return `import type { Processman } from "./manager.ts";\n${text}`;
      },
      {
        "telemetry/one.ts": `import "./other.ts";\nimport "../process.ts";\n`,
        "telemetry/other.ts": `export type * from "./one.ts";\n`,
      },
    );
    assertArrayIncludes(found, [
      'kernel.ts:1 layers: imports "manager.ts", which is not in a lower layer',
      "telemetry/one.ts:1 circle: telemetry/one.ts → telemetry/other.ts → telemetry/one.ts",
      'telemetry/one.ts:2 doors: imports "process.ts", which is not the door',
      "telemetry/one.ts:1 exports: no export of deno.json leads to it",
      "telemetry/other.ts:1 exports: no export of deno.json leads to it",
    ]);
  },
});

Deno.test({
  name: "CONTRIBUTING.md draws the layers",
  ignore,
  async fn() {
    const text = await Deno.readTextFile(new URL("CONTRIBUTING.md", root));
    const [, picture = ""] = text.match(/^```text\n(mod\n.*?)\n```$/ms) ?? [];
    const drawn = picture.split("\n").map((line) => line.split(" "));
    assertEquals(drawn, LAYERS.toReversed());
  },
});
