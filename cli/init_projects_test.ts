import { assertEquals } from "@std/assert";
import { Processman } from "../mod.ts";
import { up } from "../plan/mod.ts";
import {
  COMPOSE,
  type InitProject,
  PROCESS_COMPOSE,
} from "../tools/init_projects.ts";
import { InitFolder } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import { buildPlan, type ResolvedConfig } from "./resolved.ts";
import { readSource, sourceAt } from "./init_find.ts";
import { namesWithout } from "./init_write.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** Replaces programs by ones that do what the plan expects of them. */
function withStandIns(
  { processes, ...config }: ResolvedConfig,
): ResolvedConfig {
  const all = Object.entries(processes).map(([name, entry]) => {
    const { ready, live: _, cwd: __, stop: ___, user: ____, ...rest } = entry;
    const line = entry.type === "task" ? "true" : "echo up; exec sleep 60";
    return [name, {
      ...rest,
      command: ["sh", "-c", line],
      ...ready !== undefined && { ready: { line: "up" } },
    }];
  });
  return { ...config, processes: Object.fromEntries(all) };
}

async function goesThrough(project: InitProject): Promise<void> {
  const { file, text, beside, processes, comments = [], gaps } = project;
  await using folder = new InitFolder({ [file]: text, ...beside });
  const found = await readSource(
    sourceAt(`${folder.real}/${file}`),
    folder.real,
    () => undefined,
  );
  assertEquals(Object.keys(found.config.processes ?? {}), processes);
  assertEquals(namesWithout(found).sort(), [...comments].sort());
  assertEquals(
    found.gaps.map(({ process, key }) =>
      process === undefined ? key : `${process} ${key}`
    ).sort(),
    [...gaps].sort(),
  );

  const { status, stderr } = await folder.init();
  assertEquals(status, 0, stderr);
  const config = await folder.load([], { profiles: ["*"] });
  const { plan, autoStart } = buildPlan(withStandIns(config));
  await using pm = new Processman({ logger: null, signals: [] });
  await using app = await up(pm, plan, { names: autoStart });
  const states: Record<string, string | undefined> = {};
  const expected: typeof states = {};
  for (const { name, units, type } of plan.entries.values()) {
    for (const { name: unit } of units) {
      states[unit] = app.get(unit)?.state.kind;
      expected[unit] = !autoStart.includes(name)
        ? states[unit]
        : type === "task"
        ? "exited"
        : "running";
    }
  }
  assertEquals(states, expected);
}

for (const project of [...COMPOSE, ...PROCESS_COMPOSE]) {
  Deno.test(`init, check and up take a file like that of ${project.like}`, {
    ignore,
  }, async () => {
    await goesThrough(project);
  });
}
