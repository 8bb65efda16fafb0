/**
 * Reads the files of process-compose.
 *
 * @module
 */

import type { Config, WrittenProcess } from "./define_config.ts";
import { type Gaps, given, listOf, mapOf, Part, textOf } from "./init_keys.ts";
import { mergedMaps } from "./init_merge.ts";
import type { Around, Found, OriginFile } from "./init_origin.ts";
import { PROCESS, PROJECT, SHELL } from "./init_process_compose_keys.ts";
import {
  liveOf,
  outputOf,
  readyOf,
  restartOf,
  scheduleOf,
  stopOf,
  watchOf,
} from "./init_process_compose_parts.ts";
import { needsBash } from "./init_shell.ts";
import { Template } from "./init_template.ts";
import { pairsOf } from "./init_values.ts";
import { readYaml } from "./init_yaml.ts";

/** The files that process-compose reads after another one. */
const OVERRIDES = [
  "process-compose.override.yaml",
  "process-compose.override.yml",
  "compose.override.yaml",
  "compose.override.yml",
];

type Plain = Readonly<Record<string, unknown>>;

/** What all processes of a file have in common. */
interface Project {
  readonly gaps: Gaps;
  readonly vars: Plain;
  readonly shell: readonly string[] | undefined;
  /** Whether a dollar in a command begins a variable, and two stand for one. */
  readonly expands: boolean;
  readonly processes: Plain;
  /** The processes of which another one waits for the end. */
  readonly tasks: ReadonlySet<string>;
}

/** Reads a file of process-compose. */
export function readProcessCompose(
  file: OriginFile,
  around: Around,
): Found {
  const gaps: Gaps = [];
  const part = new Part(withOverrides(file, around), PROJECT, gaps);
  const project = projectOf(part, gaps);
  const name = part.text("name");
  const defaults = defaultsOf(part, around);
  part.end();
  const comments: Record<string, string> = {};
  const processes = Object.fromEntries(
    Object.keys(project.processes).map((name) => [
      name,
      processOf(project, name, comments),
    ]),
  );
  return {
    config: given({ name, defaults, processes }),
    gaps,
    comments,
    variables: project.expands,
  };
}

function projectOf(part: Part, gaps: Gaps): Project {
  const written = mapOf(part.take("processes"));
  const processes = Object.fromEntries(
    Object.keys(written).map((name) => [name, extended(written, name)]),
  );
  return {
    gaps,
    processes,
    expands: !part.flag("disable_env_expansion"),
    vars: mapOf(part.take("vars")),
    shell: shellOf(part),
    tasks: tasksOf(processes),
  };
}

function defaultsOf(part: Part, around: Around): Config["defaults"] {
  const env = pairsOf(part.take("environment"));
  const dotenv = around.read(".env") !== undefined;
  const defaults = given({
    restart: { policy: "never" as const },
    envFiles: dotenv ? [{ path: ".env", required: false }] : undefined,
    env: Object.keys(env).length > 0 ? env : undefined,
  });
  return defaults;
}

function withOverrides(file: OriginFile, around: Around): unknown {
  const own = readYaml(file);
  const path = OVERRIDES.find((path) =>
    around.read(path) !== undefined && !file.path.endsWith(`/${path}`)
  );
  const text = path === undefined ? undefined : around.read(path);
  if (path === undefined || text === undefined) return own;
  return mergedMaps(mapOf(own), mapOf(readYaml({ path, text })));
}

/** Fills in the keys of the process that a process extends. */
function extended(
  processes: Plain,
  name: string,
  above: readonly string[] = [],
): unknown {
  const { extends: base, ...own } = mapOf(processes[name]);
  const other = textOf(base);
  if (other === undefined || above.includes(other)) return own;
  return mergedMaps(
    mapOf(extended(processes, other, [...above, name])),
    own,
  );
}

function shellOf(project: Part): readonly string[] | undefined {
  if (!project.has("shell")) return undefined;
  const part = project.part("shell", SHELL);
  const program = part.text("shell_command");
  const argument = part.text("shell_argument");
  part.end();
  return program === undefined ? undefined : [program, argument ?? "-c"];
}

function tasksOf(processes: Plain): Set<string> {
  const found = Object.values(processes).flatMap((process) =>
    Object.entries(mapOf(mapOf(process).depends_on))
      .filter(([, how]) =>
        /^process_completed/.test(String(mapOf(how).condition))
      )
      .map(([name]) => name)
  );
  return new Set(found);
}

function processOf(
  project: Project,
  name: string,
  comments: Record<string, string>,
): WrittenProcess {
  const part = partOf(project, name);
  const replicas = part.number("replicas") ?? 1;
  const template = new Template(
    { ...project.vars, ...mapOf(part.take("vars")) },
    { replicas, expands: project.expands },
    (key, why) => part.gap(key, why),
  );
  const comment = filled(template, part.take("description"));
  if (comment !== undefined) comments[name] = comment;
  const program = programOf(part, template, project);
  const cwd = filled(template, part.take("working_dir"));
  const env = envOf(part, template, program);
  const schedule = scheduleOf(part);
  const isTask = project.tasks.has(name) || schedule !== undefined;
  const restart = restartOf(part);
  const entry: WrittenProcess = given({
    type: isTask ? "task" as const : undefined,
    ...program,
    cwd,
    env,
    envFiles: envFilesOf(part),
    dependsOn: dependsOnOf(part),
    replicas: replicas > 1 ? replicas : undefined,
    autoStart: isDeferred(part) ? false : undefined,
    schedule,
    ready: readyOf(part, template, { cwd, env }),
    live: liveOf(part, template, { cwd, env }),
    restart: restart.options,
    critical: restart.critical,
    stop: stopOf(part, template),
    ...extrasOf(part, template, cwd),
  });
  part.end();
  return isTask ? withoutServiceKeys(entry, part) : entry;
}

function partOf({ processes, gaps }: Project, name: string): Part {
  return new Part(processes[name], PROCESS, gaps, name);
}

function extrasOf(
  part: Part,
  template: Template,
  cwd: string | undefined,
): Pick<WrittenProcess, "output" | "tty" | "watch"> {
  const terminal = ["is_tty", "is_interactive"].filter((key) => part.flag(key));
  return given({
    output: outputOf(part, template),
    tty: terminal.length > 0 ? true : undefined,
    watch: watchOf(part, cwd),
  });
}

function isDeferred(part: Part): boolean {
  const keys = ["disabled", "is_disabled", "is_foreground"];
  return keys.filter((key) => part.flag(key)).length > 0;
}

/** A task ends: it has no probes, and is not restarted after a success. */
function withoutServiceKeys(
  { ready, live, critical, replicas, restart, ...entry }: WrittenProcess,
  part: Part,
): WrittenProcess {
  const lost = {
    readiness_probe: ready,
    liveness_probe: live,
    "availability.exit_on_end": critical,
    "availability.restart": restart?.policy === "always" ? true : undefined,
    replicas,
  };
  for (const [key, value] of Object.entries(lost)) {
    if (value === undefined) continue;
    part.gap(
      key,
      "it is a task, which ends and cannot have this",
    );
  }
  const policy = restart?.policy === "always" ? "on-failure" : restart?.policy;
  return { ...entry, ...restart && { restart: { ...restart, policy } } };
}

function filled(template: Template, value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || text === "" ? undefined : template.filled(text);
}

type Program = Pick<WrittenProcess, "command" | "shell">;

function programOf(
  part: Part,
  template: Template,
  { shell }: Project,
): Program {
  const rendered = !part.flag("is_template_disabled");
  const written = part.text("command") ?? "";
  const line = template.line(written, rendered);
  const entrypoint = listOf(part.take("entrypoint")).map(String);
  if (entrypoint.length > 0) {
    if (line === "") return { command: entrypoint };
    part.gap("entrypoint", "`command` says what runs");
  }
  const own = shell ?? (needsBash(line) ? ["bash", "-c"] : undefined);
  return own === undefined || own.join(" ") === "sh -c"
    ? { shell: line.trimEnd() }
    : { command: [...own, line.trimEnd()] };
}

function envOf(
  part: Part,
  template: Template,
  program: Program,
): WrittenProcess["env"] {
  const written = Object.entries(pairsOf(part.take("environment")))
    .map(([name, value]) => [name, template.filled(value)]);
  const env: Record<string, string> = Object.fromEntries(written);
  // process-compose sets this variable for each process.
  if (JSON.stringify(program).includes("PC_REPLICA_NUM")) {
    env.PC_REPLICA_NUM = "$[replica - 1]";
  }
  return Object.keys(env).length > 0 ? env : undefined;
}

function envFilesOf(part: Part): WrittenProcess["envFiles"] {
  const file = part.text("env_file");
  return file === undefined || file === "" ? undefined : [file];
}

/** What the conditions mean here. */
const CONDITIONS = {
  process_started: "started",
  process_healthy: "ready",
  process_log_ready: "ready",
  process_completed: "completed",
  process_completed_successfully: "completed",
} as const;

function dependsOnOf(part: Part): WrittenProcess["dependsOn"] {
  const all = Object.entries(mapOf(part.take("depends_on")));
  if (all.length === 0) return undefined;
  return Object.fromEntries(all.map(([name, how]) => {
    const written = textOf(mapOf(how).condition) ?? "process_completed";
    if (written === "process_completed") {
      part.gap(
        `depends_on.${name}`,
        `it also started after a failure of "${name}", and now waits for its success`,
      );
    }
    const known = Object.entries(CONDITIONS).find(([name]) => name === written);
    if (known !== undefined) return [name, known[1]];
    part.gap(`depends_on.${name}`, `the condition ${written} is not known`);
    return [name, "started" as const];
  }));
}
