/**
 * Faults planted in the life of a process, which the model test must find.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { publishedFiles, root } from "./package.ts";
import { permitted } from "./testing.ts";

/** Changes to `life.ts`: a text that occurs in it once, and its replacement. */
const MUTANTS: Record<string, [from: string, to: string]> = {
  "a stop does not end a backoff": [
    "      if (this.stopping) return this.#conclude(last);\n",
    "",
  ],
  "a stop does not keep a run from starting": [
    "if (!this.stopping) return this.#attach(run, changes);",
    "return this.#attach(run, changes);",
  ],
  "restart() leaves what follows to the policy": [
    `    this.#phases.want({ kind: "run" });\n    const ending`,
    "    const ending",
  ],
  "a process that has ended keeps its name": [
    "    this.#owner.over();\n",
    "",
  ],
  "what a crash left behind is not ended": [
    "if (alone && run.group) {",
    "if (alone && !run.group) {",
  ],
};

/** How many of them are tried; each takes some seconds. */
const COUNT = Deno.args.includes("--full") ? Infinity : 2;

/** Copies what the model test needs, and returns the folder. */
async function copy(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "processman_" });
  const files = await publishedFiles(root);
  for (const file of [...files, "model_test.ts", "tools/testing.ts"]) {
    const path = `${folder}/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(new URL(file, root), path);
  }
  return folder;
}

/** Runs the model test on fake processes in a folder. */
async function runModel(folder: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "--no-check", "-A", "--filter=any order"]
      .concat("model_test.ts"),
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout);
}

for (const [name, [from, to]] of Object.entries(MUTANTS).slice(0, COUNT)) {
  Deno.test({
    name: `The model test finds a fault: ${name}`,
    ignore: !permitted("read", "write", "env"),
    async fn() {
      const folder = await copy();
      try {
        const path = `${folder}/life.ts`;
        const source = await Deno.readTextFile(path);
        assertEquals(source.split(from).length, 2, `not once: ${from}`);
        await Deno.writeTextFile(path, source.replace(from, () => to));
        const output = await runModel(folder);
        assertMatch(output, /^Counterexample: /m);
        assert(output.includes("FAILED | 0 passed"), output);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
