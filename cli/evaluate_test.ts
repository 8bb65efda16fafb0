import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ConfigFolder } from "../tools/config_testing.ts";
import { permitted } from "../tools/testing.ts";
import { root } from "../tools/package.ts";

const ignore = !permitted("read", "write", "run", "env", "net", "sys");

const FILE = "processman.config.ts";

/** The import map of a program that has installed the package. */
const IMPORTS = JSON.stringify({
  imports: {
    "@isbm/processman/cli": new URL("cli/mod.ts", root).href,
  },
});

Deno.test("A module is a configuration, with types and values of its own", {
  ignore,
}, async () => {
  await using folder = new ConfigFolder({
    "deno.json": IMPORTS,
    "base.txt": "8000",
    [FILE]: `import { defineConfig } from "@isbm/processman/cli";
const port: number = Number(Deno.readTextFileSync("base.txt"));
export default defineConfig(async () => ({
  startLimit: Infinity,
  processes: {
    api: {
      command: ["api", port, "$A"],
      cwd: "sub",
      env: { A: "\${B} $$", N: port, X: null, Y: undefined },
      ready: { line: /rea+dy/i, withinMs: Infinity },
    },
  },
}));`,
  });
  const { processes, options } = await folder.load();
  assertEquals(options, { startLimit: "Infinity" });
  assertEquals(processes, {
    api: {
      command: ["api", "8000", "$A"],
      cwd: `${folder.real}/sub`,
      env: { A: "${B} $$", N: "8000", X: null },
      ready: { line: "/rea+dy/i", withinMs: "Infinity" },
    },
  });
});

Deno.test("A module may read, and nothing else; its console is no output", {
  ignore,
}, async () => {
  await using folder = new ConfigFolder({
    "deno.json": IMPORTS,
    [FILE]: `console.log("said");
const can: Record<string, string> = {};
for (const name of ["read", "env", "net", "write", "run", "sys", "ffi"] as const) {
  can[name] = Deno.permissions.querySync({ name }).state;
}
export default { processes: { a: { command: ["a"], env: can } } };`,
  });
  const { processes: { a } } = await folder.load();
  assertEquals(a?.env, {
    read: "granted",
    env: "granted",
    net: "prompt",
    write: "prompt",
    run: "prompt",
    sys: "prompt",
    ffi: "prompt",
  });
});

Deno.test("A value that is no data is a fault with its path and place", {
  ignore,
}, async () => {
  await using folder = new ConfigFolder({
    [FILE]: `export default {
  processes: {
    api: {
      command: ["api", 5n],
      ready: () => true,
      restart: { backoff: () => 5 },
    },
  },
};`,
  });
  const found = await folder.faults();
  assertEquals(found.length, 3);
  assertMatch(
    found[0] ?? "",
    /^\S+:4:7: processes\.api\.command\[1\] is a bigint: /,
  );
  assertEquals(
    found[1],
    `${FILE}:5:7: processes.api.ready is a function: write { http: "http://…" }, or another probe`,
  );
  assertMatch(
    found[2] ?? "",
    /^\S+:6:18: processes\.api\.restart\.backoff is a function: write \{ uniform: 5000 \}/,
  );
});

Deno.test("A typo in a module is found in its line", { ignore }, async () => {
  await using folder = new ConfigFolder({
    [FILE]: `export default {
  processes: {
    api: { command: ["api"], restrat: {} },
  },
};`,
  });
  assertEquals(await folder.faults(), [
    `${FILE}:3:30: processes.api.restrat does not exist: did you mean "restart"?`,
  ]);
});

Deno.test("A module that throws shows its stack", { ignore }, async () => {
  await using folder = new ConfigFolder({
    [FILE]: `function port() {
  throw new Error("no port is free");
}
export default { processes: { a: { command: [port()] } } };`,
  });
  const [first = "", ...stack] = await folder.faults();
  assertEquals(first, `${FILE}:2:9: Error: no port is free`);
  assertStringIncludes(stack.join("\n"), `${FILE}:4:46`);
});

Deno.test("A module without a configuration says so", { ignore }, async () => {
  await using folder = new ConfigFolder({
    "none.ts": "export const config = {};",
    "exit.ts": "console.error('bye'); Deno.exit(3);",
    "wrong.ts": "export default {,}",
    "list.ts": "export default []",
  });
  assertEquals(await folder.faults(["none.ts"]), [
    "none.ts: there is no default export: write export default defineConfig({ … })",
  ]);
  assertEquals(await folder.faults(["exit.ts"]), [
    "exit.ts: it ended with code 3 before it gave a configuration",
    "  bye",
  ]);
  assertMatch(
    (await folder.faults(["wrong.ts"])).join("\n"),
    /^wrong\.ts:1:17: .*Unexpected token/,
  );
  assertEquals(await folder.faults(["list.ts"]), [
    "list.ts: a configuration must be a map with the key processes",
  ]);
});

Deno.test("A module that hangs is ended", { ignore }, async () => {
  await using folder = new ConfigFolder({
    "busy.ts": "Deno.writeTextFile; while (true);",
    "never.ts": "export default new Promise(() => {});",
  });
  const env = { PROCESSMAN_CONFIG_TIMEOUT_MS: "1000" };
  for (const file of ["busy.ts", "never.ts"]) {
    assertEquals(await folder.faults([file], { env }), [
      `${file}: it took longer than 1 s, and was ended`,
    ]);
  }
});
