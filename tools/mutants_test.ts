/**
 * Faults planted in the life of a process, which the model test must find.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { publishedFiles, root } from "./package.ts";
import { permitted } from "./testing.ts";

/** A change to a file: a text that occurs in it once, and its replacement. */
interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const MUTANTS: Record<string, Mutant> = {
  "a stop does not end a backoff": {
    file: "life.ts",
    from: "      if (this.stopping) return this.#conclude(last);\n",
    to: "",
  },
  "a stop does not keep a run from starting": {
    file: "launcher.ts",
    from: 'if (phases.wants("stop") || !open()) continue;\n        if (owner',
    to: "if (!open()) continue;\n        if (owner",
  },
  "restart() leaves what follows to the policy": {
    file: "life.ts",
    from: '    this.#phases.want({ kind: "run" });\n    this.#end(',
    to: "    this.#end(",
  },
  "a process that has ended keeps its name": {
    file: "life.ts",
    from: "    this.#owner.over();\n",
    to: "",
  },
  "what a crash left behind is not ended": {
    file: "life.ts",
    from: "if (alone && run.group) {",
    to: "if (alone && !run.group) {",
  },
  "a wait for readiness goes on after the end": {
    file: "life.ts",
    from: "    this.#phases.refuseReady(() => this.#notReady());\n",
    to: "",
  },
  "probes are called after the end of their run": {
    file: "phases.ts",
    from: 'if (phase.kind !== "running") attached?.endProbes();',
    to: "",
  },
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

for (
  const [name, { file, from, to }] of Object.entries(MUTANTS).slice(0, COUNT)
) {
  Deno.test({
    name: `The model test finds a fault: ${name}`,
    ignore: !permitted("read", "write", "env"),
    async fn() {
      const folder = await copy();
      try {
        const path = `${folder}/${file}`;
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
