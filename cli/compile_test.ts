import { assertArrayIncludes, assertEquals, assertMatch } from "@std/assert";
import {
  compileArguments,
  loadedModules,
  noRuntime,
} from "../tools/compile.ts";
import { denoCommand } from "../tools/deno.ts";
import { openJsr } from "../tools/jsr.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { VERSION } from "../control/client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");
const missing = ignore ? "" : await noRuntime();

Deno.test({
  name: "The compiled tool contains all modules that it loads on demand",
  ignore,
  async fn() {
    const modules = await loadedModules();
    assertArrayIncludes(modules, [
      "cli/background.ts",
      "cli/config_load.ts",
      "cli/up.ts",
      "control/mod.ts",
    ]);
    const args = await compileArguments([]);
    for (const path of modules) {
      assertArrayIncludes(args, [`--include=${path}`]);
    }
    // Any program will do as a runtime for the list of what is embedded.
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      await using jsr = await openJsr();
      const output = `--output=${folder}/processman`;
      const { success, stderr } = await denoCommand(
        await compileArguments([output]),
        { env: { ...jsr.env, DENORT_BIN: Deno.execPath(), NO_COLOR: "1" } },
      ).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(success, true, text);
      for (const part of ["zod", "yaml", "background.ts", "manager.ts"]) {
        assertMatch(text, RegExp(`\\b${part}\\b`));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  // The gate prints the names of tests that are skipped.
  name:
    "The compiled tool works (skipped where Deno's runtime for it cannot be downloaded)",
  ignore: ignore || missing !== undefined,
  async fn() {
    await using tool = new Tool();
    await using jsr = await openJsr();
    const output = `${tool.folder}/../bin/processman`;
    await Deno.remove(output);
    const { success, stderr } = await denoCommand(
      await compileArguments([`--output=${output}`]),
      { env: jsr.env },
    ).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    await tool.write("Procfile", "web: exec sleep 600\n");
    const version = await tool.run("processman --version");
    assertEquals(version.stdout, `processman ${VERSION}\n`);
    assertMatch((await tool.run("processman check")).stdout, /no mistakes/);
    const up = await tool.run("processman up -d");
    assertEquals([up.stdout, up.status], ["", 0], up.stderr);
    assertMatch((await tool.run("processman ps")).stdout, /\nweb {3}running /);
    assertEquals((await tool.run("processman down")).status, 0);
  },
});
