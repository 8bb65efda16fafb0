/**
 * Compares the pages about the tool with the code: the keys, the exit statuses,
 * the requests, and the keys of a configuration with the options of the library.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { STATUS } from "../cli/call.ts";
import { KEYS } from "../cli/console_state.ts";
import { TOOLS } from "../cli/mcp_tools.ts";
import { loadConfig } from "../cli/resolved.ts";
import { TOP_KEYS } from "../cli/top_keys.ts";
import { checkExpose } from "../control/expose_options.ts";
import { ROUTES } from "../control/routes.ts";
import { checkManager } from "../manager_options.ts";
import { checkCommand } from "../options.ts";
import { plan } from "../plan/mod.ts";
import { checkRestart } from "../restart_options.ts";
import { root } from "../tools/package.ts";
import { blocksOf, readPage, readPages, tableOf } from "../tools/pages.ts";
import { Folder, permitted } from "../tools/testing.ts";

const ignore = !permitted("read");

/** Returns the rows of a table, without its head. */
async function rowsOf(page: string, head: string) {
  const [, ...rows] = tableOf(await readPage(`docs/${page}`), head);
  return rows;
}

/** Returns what the code in the first cells names. */
async function namesOf(page: string, head: string): Promise<string[]> {
  const cells = (await rowsOf(page, head)).map(([cell = ""]) => cell);
  return cells.flatMap((cell) =>
    Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
  );
}

/** Returns the names of the options that a check knows, from its message. */
function optionsOf(check: (value: object) => unknown): string[] {
  const { message } = assertThrows(() => check({ "?": 0 }), TypeError);
  const [, names] = message.match(/: the options are (.+)$/) ?? [];
  assert(names !== undefined, message);
  return names.split(", ");
}

/** A part of the JSON Schema. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Returns the keys of a configuration, of its parts, and of a process. */
async function readKeys() {
  const url = new URL("cli/schema.json", root);
  const schema: Schema = JSON.parse(await Deno.readTextFile(url));
  const keysOf = (part: Schema | undefined) =>
    Object.keys(part?.properties ?? {});
  const { process, restart } = schema.definitions ?? {};
  return {
    config: keysOf(schema),
    logs: keysOf(schema.properties?.logs),
    process: keysOf(process),
    restart: keysOf(restart),
  };
}

Deno.test("docs/tool.md lists the keys of the terminal", {
  ignore,
}, async () => {
  const rows = await rowsOf("tool.md", "Key");
  assertEquals(rows, KEYS.map(([key, what]) => [key, what]));
});

Deno.test("docs/mcp.md lists the tools and their parameters", {
  ignore,
}, async () => {
  const rows = await rowsOf("mcp.md", "Tool");
  assertEquals(
    rows.map(([name, , parameters]) => [name, parameters]),
    TOOLS.map(({ name, input }) => [
      `\`${name}\``,
      Object.keys(input.shape).map((each) => `\`${each}\``).join(", "),
    ]),
  );
});

Deno.test("docs/top.md lists the keys of top", { ignore }, async () => {
  const rows = await rowsOf("top.md", "Key");
  assertEquals(rows, TOP_KEYS.map(([key, what]) => [key, what]));
});

Deno.test("docs/tool.md lists the exit statuses", { ignore }, async () => {
  const rows = await rowsOf("tool.md", "Status");
  assertEquals(
    rows.map(([status]) => status),
    [...Object.values(STATUS).map(String), "128 + n"],
  );
});

Deno.test("docs/control.md lists the requests, and the options of expose()", {
  ignore,
}, async () => {
  const rows = await rowsOf("control.md", "Request");
  assertEquals(
    rows,
    ROUTES.map((
      { method, path, summary },
    ) => [`\`${method} ${path}\``, summary]),
  );
  assertEquals(
    (await namesOf("control.md", "`expose()` option")).sort(),
    optionsOf((value) => checkExpose(value as never)).sort(),
  );
});

Deno.test("docs/configuration.md lists all keys of the schema", {
  ignore,
}, async () => {
  const keys = await readKeys();
  for (
    const [head, expected] of [
      ["Key of a configuration", keys.config],
      ["Key of `logs`", keys.logs],
      ["Key of a process", keys.process],
    ] as const
  ) {
    const listed = await namesOf("configuration.md", head);
    assertEquals(listed.sort(), expected.sort(), head);
  }
});

Deno.test("docs/configuration.md lists all options without a written form", {
  ignore,
}, async () => {
  const { config, process, restart } = await readKeys();
  const entry = (value: object) => plan({ a: { command: ["a"], ...value } });
  const ofProcess = [
    ...optionsOf((value) => checkCommand(value, "")),
    ...optionsOf(entry),
  ];
  const missing = [
    ...ofProcess.filter((name) => !process.includes(name)),
    ...optionsOf((value) => checkRestart(value, ""))
      .filter((name) => !restart.includes(name)),
    ...optionsOf((value) => checkManager(value, ""))
      // Those of a configuration are those of a process.
      .filter((name) => name === "defaults" || !config.includes(name)),
  ];
  const listed = await namesOf(
    "configuration.md",
    "Option without a written form",
  );
  assertEquals(listed.sort(), [...new Set(missing)].sort());
});

Deno.test("The configurations of the pages have no mistakes", {
  ignore: !permitted("read", "write", "env"),
}, async () => {
  const faults: string[] = [];
  for (const { path, text } of await readPages()) {
    await using folder = new Folder();
    for (const block of blocksOf(text)) {
      if (block.kind !== "file") continue;
      const file = `${folder.path}/${block.name}`;
      await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(file, block.text);
    }
    for (const block of blocksOf(text)) {
      const isConfig = block.kind === "file" &&
        /(?<!wrong\/)processman\.yaml$/.test(block.name);
      if (!isConfig) continue;
      await Deno.writeTextFile(`${folder.path}/.env.worker`, "");
      await loadConfig({
        files: [`${folder.path}/${block.name}`],
        profiles: [],
        cwd: folder.path,
        env: () => undefined,
      }).catch((error) => faults.push(`${path}: ${error.message}`));
    }
  }
  assertEquals(faults, []);
});
