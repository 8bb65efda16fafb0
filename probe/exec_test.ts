import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { abortEverywhere, Calls, descriptors } from "../tools/probe_testing.ts";
import { family, gone } from "../tools/servers.ts";
import { Folder, lineOf, permitted, runScript } from "../tools/testing.ts";
import { exec, type ExecOptions } from "./exec.ts";

const ignore = !permitted("read");

/** Lists the living processes that have a text in their command lines. */
function withText(text: string): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
    .filter((pid) => {
      try {
        return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(text);
      } catch {
        return false; // It is no process, or has ended.
      }
    });
}

/** Returns a number of seconds that no other process sleeps. */
function seconds(): string {
  return `500.${Math.floor(Math.random() * 1e9)}`;
}

Deno.test("exec() says yes for the exit code 0, and otherwise why not", async () => {
  const calls = new Calls();
  assertEquals(await calls.ask(exec("true")), true);
  assertEquals(await calls.ask(exec("false")), "false: exit code 1");
  const cases: [string, string][] = [
    ["echo out; echo; exit 3", "sh: exit code 3: out"],
    ["echo one >&2; echo two >&2; echo out; exit 2", "sh: exit code 2: two"],
    ["kill -9 $$", "sh: exit code 137"],
  ];
  for (const [script, why] of cases) {
    assertEquals(await calls.ask(exec("sh", ["-c", script])), why);
  }
  const missing = await calls.ask(exec("/no/such/program"));
  assertMatch(
    `${missing}`,
    /^Cannot start .*"\/no\/such\/program|No such file/,
  );
  calls.end();
});

Deno.test("exec() passes its options on", async () => {
  const calls = new Calls();
  const script = '[ "$PWD $A" = "/ b" ]';
  const options = { cwd: new URL("file:///"), env: { A: "b" } };
  assertEquals(await calls.ask(exec("sh", ["-c", script], options)), true);
  const clear = { clearEnv: true, env: { PATH: "/usr/bin:/bin" } };
  const lines = exec("sh", ["-c", '[ -z "$HOME" ]'], clear);
  assertEquals(await calls.ask(lines), true);
  calls.end();
});

Deno.test({
  name: "exec() kills everything that the program has started, when aborted",
  ignore,
  async fn() {
    const time = seconds();
    await using folder = new Folder();
    const script = `sleep ${time} & setsid -f true; (sleep ${time} &); ` +
      `echo up > ${folder.log}; sleep ${time}`;
    const abort = new AbortController();
    const calls = new Calls();
    const answer = calls.ask(exec("sh", ["-c", script]), abort.signal);
    while (withText(`sleep\0${time}`).length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    abort.abort(new Error("timed out"));
    assertEquals(await answer, "timed out");
    assertEquals(withText(`sleep\0${time}`), []);
    calls.end();
  },
});

Deno.test({
  name: "exec() ends what a program leaves in the background",
  ignore,
  async fn() {
    const calls = new Calls();
    for (const code of [0, 1]) {
      const time = seconds();
      const script = `sleep ${time} >&- 2>&- & exit ${code}`;
      const answer = await calls.ask(exec("sh", ["-c", script]));
      assertEquals(answer, code === 0 || "sh: exit code 1");
      assertEquals(withText(time), []);
    }
    calls.end();
  },
});

Deno.test({
  name: "exec() leaves no process, wherever it is aborted",
  ignore,
  async fn() {
    const before = { files: descriptors(), family: family(Deno.pid) };
    const time = seconds();
    // Two of three calls leave nothing to abort after some milliseconds.
    const script =
      `case $(($$ % 3)) in 0) sleep ${time} & sleep ${time};; 1) exit 1; esac`;
    const probe = exec("sh", ["-c", script]);
    await abortEverywhere(probe, { latestMs: 20, limitMs: 20 });
    assertEquals(withText(time), []);
    assertEquals(family(Deno.pid), before.family);
    assertEquals(descriptors(), before.files);
  },
});

Deno.test({
  name: "exec() answers two calls for the same run at the same time",
  ignore,
  async fn() {
    const calls = new Calls();
    const probe = exec("true");
    const answers = [calls.ask(probe), calls.ask(probe), calls.ask(probe)];
    assertEquals(await Promise.all(answers), [true, true, true]);
    calls.end();
  },
});

Deno.test({
  name: "exec() leaves no process when this program is killed",
  ignore,
  async fn() {
    const time = seconds();
    const module = import.meta.resolve("./mod.ts");
    await using job = runScript(
      `
      import { exec } from "${module}";
      const signal = new AbortController().signal;
      const process = { name: "a", pid: 1, tail: () => [], lines: () => {} };
      const probe = exec("sh", ["-c", "sleep ${time} & sleep ${time}"]);
      console.log("up");
      await probe({ process, run: 1, signal, probing: signal } as never);
    `,
    );
    await lineOf(job, "up");
    let pids: number[] = [];
    while (pids.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      pids = withText(`sleep\0${time}`);
    }
    job.signal("SIGKILL");
    await gone(pids);
  },
});

Deno.test("exec() describes itself", () => {
  const probe = exec("pg_isready", ["-q"], { env: { PGUSER: "a" } });
  assertEquals(probe.name, "exec pg_isready -q");
  const form = { program: "pg_isready", args: ["-q"], env: { PGUSER: "a" } };
  assertEquals(JSON.stringify(probe), JSON.stringify({ exec: form }));
});

Deno.test("exec() checks its options", () => {
  const cases: [unknown, unknown, unknown, string][] = [
    ["", [], {}, 'Option "program" must be a string that is not empty'],
    ["a", "b", {}, 'Option "args" must be an array of strings'],
    ["a", [1], {}, 'Option "args[0]" must be a string: current value is 1'],
    ["a", [], { cwd: "" }, 'Option "cwd" must be a string that is not empty'],
    ["a", [], { cwd: new URL("http://a") }, 'Option "cwd" must be a path or'],
    ["a", [], { env: [] }, 'Option "env" must be an object of strings'],
    ["a", [], { env: { A: 1 } }, 'Option "env.A" must be a string'],
    ["a", [], { clearEnv: 1 }, 'Option "clearEnv" must be true or false'],
    ["a", [], { user: true }, 'Option "user" must be a name or a number'],
    ["a", [], { user: -1 }, 'Option "user" must be a whole number from 0 to'],
    ["a", [], new Map(), 'Option "options" must be a plain object'],
    ["a", [], { uid: 1 }, 'Option "uid" does not exist'],
  ];
  for (const [program, args, options, message] of cases) {
    const make = () =>
      exec(program as string, args as string[], options as ExecOptions);
    assertThrows(make, Error, message);
  }
});
