/**
 * The last output of a program that ends by a signal: all of what its children
 * write on their way down arrives everywhere.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Processman } from "./mod.ts";
import { outputOf, permitted, scriptDeno } from "./tools/testing.ts";

const full = Deno.args.includes("--full");

/** How many children there are, and how many lines each writes at its end. */
const CHILDREN = 10;
const LINES = full ? 20_000 : 2_000;

/** How often the program is ended by each signal. */
const TIMES = full ? 10 : 1;

/** A program that tells everything that it is told, on the terminal. */
const program = (folder: string) => `
  import { printOutput, Processman } from "@isbm/processman";
  const log = (message) => console.error("log " + message);
  const pm = new Processman({
    logger: { debug: log, info: log, warn: log, error: log },
  });
  const tell = async () => {
    for await (const { kind, name } of pm.events()) {
      console.log("event " + kind + " " + name);
    }
  };
  tell();
  printOutput(pm, { color: false });
  const read = async (child) => {
    let next = 1;
    for await (const { text } of child.lines()) {
      if (text === child.name + " " + next) next++;
    }
    console.log("read " + child.name + " " + (next - 1));
  };
  const names = Array.from({ length: ${CHILDREN} }, (_, i) => "c" + i);
  const children = names.map((name) => pm.command("sh", ["-c",
    "trap 'seq -f \\"" + name + " %g\\" ${LINES}; exit' TERM; " +
      "echo ready; while :; do sleep 0.05; done",
  ], { name, output: { file: { path: "${folder}/" + name } } }));
  children.forEach(read);
  await Promise.all(children.map(async (child) => {
    for await (const { text } of child.lines()) if (text === "ready") return;
  }));
  console.log("pid " + Deno.pid);
  setInterval(() => {}, 60_000);
`;

/** The lines that a child writes at its end. */
const lastLines = (name: string) =>
  Array.from({ length: LINES }, (_, i) => `${name} ${i + 1}`);

/** Whether a line is one of those, and not of a shell that has been signalled. */
const counted = (line: string) => /^c\d \d+$/.test(line);

for (const [signal, code] of [["TERM", 143], ["INT", 130], ["HUP", 129]]) {
  Deno.test({
    name: `the last output of all children is delivered at SIG${signal}`,
    ignore: !permitted("read", "write"),
    async fn() {
      await using pm = new Processman({ logger: null, signals: [] });
      if (full) {
        for (let i = 0; i < 2; i++) {
          pm.command("sh", ["-c", "while :; do :; done"]);
        }
      }
      for (let time = 0; time < TIMES; time++) {
        const folder = await outputOf("mktemp", "-d");
        await Deno.writeTextFile(`${folder}/main.ts`, program(folder));
        const config = new URL("deno.json", import.meta.url).pathname;
        const files = `--allow-read=${folder} --allow-write=${folder}`;
        // A terminal of its own.
        const terminal = pm.command("script", [
          "-qefc",
          `stty -opost; exec "${scriptDeno}" run --quiet --no-check --allow-run ${files} --config=${config} ${folder}/main.ts`,
          "/dev/null",
        ], { name: "terminal", restart: { policy: "never" } });
        const lines: string[] = [];
        for await (const { text } of terminal.lines()) {
          lines.push(text);
          const [, pid] = /^pid (\d+)$/.exec(text) ?? [];
          if (pid !== undefined) await outputOf("kill", `-${signal}`, pid);
        }
        assertEquals((await terminal.finished).code, code);
        for (let i = 0; i < CHILDREN; i++) {
          const name = `c${i}`;
          const expected = lastLines(name);
          const file = await Deno.readTextFile(`${folder}/${name}`);
          assertEquals(file.split("\n").filter(counted), expected);
          const prefix = `${name} | `;
          const shown = lines.filter((line) => line.startsWith(prefix))
            .map((line) => line.slice(prefix.length)).filter(counted);
          assertEquals(shown, expected);
          for (
            const line of [
              `read ${name} ${LINES}`,
              `event exit ${name}`,
              `event stop ${name}`,
              `log Stopped process "${name}"`,
            ]
          ) assertEquals(lines.filter((each) => each === line).length, 1, line);
        }
        assertEquals(
          lines.filter((each) => /^event signal/.test(each)).length,
          1,
        );
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
