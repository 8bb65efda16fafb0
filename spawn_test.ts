import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { mock } from "node:test";
import {
  type CommandOptions,
  constant,
  Processman,
  SpawnError,
} from "./mod.ts";
import type { ChildOptions, SpawnedChild } from "./kernel.ts";
import { Spawner } from "./spawn.ts";
import {
  eventOf,
  lineOf,
  outputOf,
  permitted,
  runScript,
  stateOf,
} from "./tools/testing.ts";

const silent = { logger: null };
const linux = Deno.build.os === "linux";
const root = linux && await outputOf("id", "-u") === "0";
const files = permitted("read", "write");
const NO_FILES = !linux || !files;

/** A program that writes all that it can see of itself. */
const LOOK = `
of=/proc/$$
echo "argv $(tr '\\0' '|' <$of/cmdline)"
echo "environment"; tr '\\0' '\\n' <$of/environ | sort
echo "status"
# By the shell itself: it blocks signals while it starts a child.
while IFS= read -r line; do
  case $line in
    Name*|Umask*|PPid*|TracerPid*|[UG]id*|Groups*|Sig[!Q]*|Shd*|Cap*) ;;
    NoNewPrivs*|Seccomp*|Speculation*|Cpus_*|Mems_*) ;;
    *) continue ;;
  esac
  echo "$line"
done <$of/status
echo "limits"; cat $of/limits
for name in oom_score_adj timerslack_ns loginuid cgroup personality; do
  echo "$name $(cat $of/$name 2>/dev/null)"
done
for name in cwd exe root; do echo "$name $(readlink $of/$name)"; done
for fd in $of/fd/*; do echo "\${fd##*/} $(readlink $fd | sed 's/[[].*//')"; done
echo "niceness and terminal $(sed 's/.*) //' $of/stat | cut -d ' ' -f 5,6,16,17)"
echo "children $(ps -o pid= --ppid $$ | wc -l)"
set -- $(sed 's/.*) //' $of/stat)
[ $3 = $$ ] && echo "leads a group"
[ $4 = $$ ] && echo "leads a session"
:
`;

/** What a child sees of itself, apart from what a session changes. */
function withoutSession(text: string): string {
  return text.replaceAll(/^leads a .*\n?/gm, "").trim();
}

/** What a program sees of itself that Deno starts. */
async function seenByDeno(
  program: string,
  { user: _, ...options }: ChildOptions,
  detached: boolean,
): Promise<string> {
  const child = new Deno.Command(program, {
    ...options,
    args: ["-c", LOOK],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached,
  }).spawn();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trim();
}

/** What a program sees of itself in three runs and in a second command. */
async function seenInRuns(
  program: string,
  options: CommandOptions,
): Promise<string[]> {
  await using pm = new Processman(silent);
  const keep = { output: { bufferBytes: 1_000_000 } };
  const job = pm.command(program, ["-c", LOOK], {
    ...options,
    ...keep,
    restart: {
      policy: "always",
      backoff: constant(0),
      limit: { restarts: 2, withinMs: 3_600_000 },
    },
  });
  await job.finished;
  const runs = ["", "", ""];
  for (const { text, run } of job.tail(10_000)) runs[run - 1] += `${text}\n`;
  const other = pm.command(program, ["-c", LOOK], { ...options, ...keep });
  await other.finished;
  runs.push(other.tail(10_000).map(({ text }) => text).join("\n"));
  return runs.map((text) => text.trim());
}

const PATH = { PATH: "/bin:/usr/bin" };

/** Programs, and whether Deno's own start that they are like is a fork. */
const ALIKE: Record<string, [string, CommandOptions, fork?: boolean]> = {
  "a name": ["sh", {}],
  "an absolute path": ["/bin/sh", {}],
  "an untidy path": ["/usr/./bin/..//bin/sh", {}, true],
  "another PATH": ["sh", { env: PATH }],
  "a PATH that is not tidy": ["sh", { env: { PATH: "/usr/../bin//" } }],
  "a PATH without setsid": ["/bin/sh", { env: { PATH: "/usr/bin" } }],
  "a PATH with a relative entry": ["sh", { env: { PATH: "x:/bin" } }, true],
  "a relative entry later": ["sh", { env: { PATH: "/bin::/usr/bin" } }],
  "an environment of its own": ["sh", { env: PATH, clearEnv: true }],
  "no environment": ["/bin/sh", { clearEnv: true }],
  "another directory": ["sh", { cwd: "/usr" }],
  "a relative path": ["./sh", { cwd: "/bin" }, true],
  "no group": ["sh", { group: false }],
  "null for its output, but one": ["sh", { stdin: "null", stderr: "null" }],
  ...root && {
    "uid and gid": ["sh", { uid: 65_534, gid: 65_534 }, true],
    "gid": ["sh", { gid: 65_534 }, true],
  },
};

for (const [name, [program, options, fork = false]] of Object.entries(ALIKE)) {
  Deno.test({
    name: `Spawner starts each run like the first, and like Deno: ${name}`,
    ignore: !linux,
    fn: async () => {
      const { group = true, restart: _, ...rest } = options;
      const { cwd, env, clearEnv, uid, gid } = rest;
      const given = { cwd, env, clearEnv, uid, gid };
      const deno = await seenByDeno(
        program,
        Object.fromEntries(
          Object.entries(given).filter(([, value]) => value !== undefined),
        ),
        fork,
      );
      const [first = "", ...later] = await seenInRuns(program, options);
      assertStringIncludes(first, "argv /");
      if (options.stderr !== "null") {
        assertEquals(withoutSession(first), withoutSession(deno));
      }
      for (const run of later) assertEquals(run, first);
      assertEquals(
        /^leads a group$/m.test(first) && /^leads a session$/m.test(first),
        group,
      );
    },
  });
}

Deno.test({
  name: "Spawner keeps supplementary groups in each run",
  ignore: !root,
  fn: async () => {
    await using parent = runScript(
      `
      import { constant, Processman } from "@isbm/processman";
      const args = ["-c", "grep Groups /proc/$$/status"];
      const { stdout } = new Deno.Command("sh", { args }).outputSync();
      await using pm = new Processman({ logger: null });
      const job = pm.command("sh", args, {
        restart: {
          policy: "always",
          backoff: constant(0),
          limit: { restarts: 2, withinMs: 60_000 },
        },
      });
      await job.finished;
      console.log(new TextDecoder().decode(stdout).trim());
      for (const { text } of job.tail(10_000)) console.log(text.trim());
      `,
      { limits: 'exec setpriv --groups 4,20 -- "$0" "$@"' },
    );
    await parent.finished;
    const lines = parent.tail().map(({ text }) => text);
    assertEquals(lines, Array(4).fill("Groups:\t4 20"));
  },
});

Deno.test({
  name: "Spawner starts a program again that needs an absolute argv[0]",
  ignore: !linux,
  fn: async () => {
    await using pm = new Processman(silent);
    const job = pm.command("sh", [
      "-c",
      `case $(tr '\\0' '\\n' </proc/$$/cmdline | head -n 1) in
        /*) echo "serves" ;;
        *) echo "re-exec requires execution with an absolute path" ;;
      esac`,
    ], {
      restart: {
        policy: "always",
        backoff: constant(0),
        limit: { restarts: 3, withinMs: 60_000 },
      },
    });
    await job.finished;
    assertEquals(
      job.tail(10_000).map(({ text }) => text),
      Array(4).fill("serves"),
    );
  },
});

/** Notes which programs are started, and which are asked. */
async function spawnedBy(
  act: (spawned: string[]) => Promise<unknown>,
): Promise<string[]> {
  const spawned: string[] = [];
  const Command = Deno.Command;
  Deno.Command = class extends Command {
    readonly #name: string;
    constructor(program: string | URL, options?: Deno.CommandOptions) {
      super(program, options);
      const name = `${program}`.replace(/.*\//, "");
      this.#name = `${name}${options?.detached ? " by a fork" : ""}`;
    }
    override spawn(): Deno.ChildProcess {
      spawned.push(this.#name);
      return super.spawn();
    }
    override outputSync(): Deno.CommandOutput {
      spawned.push(`ask ${this.#name}`);
      return super.outputSync();
    }
  };
  try {
    await act(spawned);
    return spawned;
  } finally {
    Deno.Command = Command;
  }
}

/** Starts a program that reads and writes nothing. */
function start(
  spawner: Spawner,
  program: string,
  args: string[] = [],
  options: ChildOptions = {},
  group = true,
): SpawnedChild & { child: Deno.ChildProcess } {
  const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
  const command = { args, ...stdio, ...options };
  const started = spawner.spawn({ name: "job", program, command, group });
  return started as SpawnedChild & { child: Deno.ChildProcess };
}

/** Starts a program, waits for its end, and asks whether it has started. */
async function run(
  spawner: Spawner,
  program: string,
  args: string[] = [],
  options: ChildOptions = {},
  group = true,
): Promise<Error | undefined> {
  const since = performance.now();
  const piped = { ...options, stdout: "piped", stderr: "piped" } as const;
  const started = start(spawner, program, args, piped, group);
  const { child, ended, explain } = started;
  const { stdout: _, stderr, ...status } = await child.output();
  ended?.(status);
  const lines = () => new TextDecoder().decode(stderr).trimEnd().split("\n");
  const durationMs = performance.now() - since;
  return (await explain?.({ status, durationMs, lines }))?.error;
}

Deno.test({
  name: "Spawner asks once for each program, and then starts it alike",
  ignore: !linux,
  fn: async (t) => {
    const cases: Record<string, [string, ChildOptions, string[]]> = {
      "a name": ["true", {}, ["ask sh", "setsid", "setsid"]],
      "a path": ["/bin/true", {}, ["ask sh", "setsid", "setsid"]],
      "a PATH": ["true", { env: PATH }, ["ask sh", "setsid", "setsid"]],
      "no PATH": [
        "/bin/true",
        { clearEnv: true },
        ["ask sh", "setsid", "setsid"],
      ],
      "a relative entry of PATH": [
        "true",
        { env: { PATH: "x:/bin" } },
        ["ask sh", "true by a fork", "true by a fork"],
      ],
      "a relative path": [
        "./true",
        { cwd: "/bin" },
        ["true by a fork", "true by a fork"],
      ],
      ...root && {
        "a user": ["true", { uid: 1 }, [
          "true by a fork",
          ...permitted("sys") ? [] : ["ask sh"],
          "true by a fork",
        ]],
      },
    };
    for (const [name, [program, options, expected]] of Object.entries(cases)) {
      await t.step(name, async () => {
        const spawner = new Spawner();
        const spawned = await spawnedBy(async () => {
          for (let i = 0; i < 2; i++) await run(spawner, program, [], options);
        });
        assertEquals(spawned, expected);
      });
    }
    await t.step("another directory is no other program", async () => {
      const spawner = new Spawner();
      const spawned = await spawnedBy(async () => {
        await run(spawner, "true");
        await run(spawner, "true", [], { cwd: "/usr" });
      });
      assertEquals(spawned, ["ask sh", "setsid", "setsid"]);
    });
    await t.step("without a group", async () => {
      const spawned = await spawnedBy(() =>
        run(new Spawner(), "true", [], {}, false)
      );
      assertEquals(spawned, ["true"]);
    });
    await t.step("with a fork each time", async () => {
      const spawner = new Spawner({ fork: true });
      const spawned = await spawnedBy(async () => {
        await run(spawner, "true");
        await run(spawner, "true");
      });
      assertEquals(spawned, ["true by a fork", "true by a fork"]);
    });
    await t.step("again after the codes 126 and 127", async () => {
      const spawner = new Spawner();
      const spawned = await spawnedBy(async () => {
        for (const code of [1, 127, 126, 0]) {
          assertEquals(
            await run(spawner, "sh", ["-c", `exit ${code}`]),
            undefined,
          );
        }
      });
      assertEquals(
        spawned.join(),
        "ask sh,setsid,setsid,ask sh,setsid,ask sh,setsid",
      );
    });
    await t.step("not after a look that failed", async () => {
      const spawner = new Spawner();
      const spawned = await spawnedBy(async (spawned) => {
        const failing = mock.method(
          Deno.Command.prototype,
          "outputSync",
          () => {
            spawned.push("ask");
            throw new Error("no processes left");
          },
        );
        await run(spawner, "true");
        failing.mock.restore();
        await run(spawner, "true");
      });
      assertEquals(spawned, ["ask", "true by a fork", "ask sh", "setsid"]);
    });
  },
});

Deno.test({
  name: "Spawner notices another PATH of this program",
  ignore: NO_FILES || !permitted("env"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const before = Deno.env.get("PATH") ?? "";
    const tool = async (name: string, code: number) => {
      const path = `${folder}/${name}/tool`;
      await Deno.mkdir(`${folder}/${name}`);
      await Deno.writeTextFile(path, `#!/bin/sh\nexit ${code}\n`);
      await Deno.chmod(path, 0o755);
    };
    try {
      await tool("a", 3);
      await tool("b", 4);
      const spawner = new Spawner();
      const code = async () => {
        return (await start(spawner, "tool").child.status).code;
      };
      for (const [name, expected] of [["a", 3], ["b", 4], ["a", 3]]) {
        Deno.env.set("PATH", `${folder}/${name}:${before}`);
        assertEquals(await code(), expected);
      }
      Deno.env.set("PATH", before);
      assertThrows(() => start(spawner, "tool"), SpawnError, "not found");
    } finally {
      Deno.env.set("PATH", before);
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A program that says who it is. */
const WHO = [
  "-c",
  `id -u; id -g; id -G | tr ' ' '\\n' | sort -n; echo "$HOME $USER $LOGNAME"`,
];

Deno.test({
  name: "CommandDefaults.user makes each run like a login of that user",
  ignore: !root || await outputOf("sh", "-c", "command -v setpriv") === "",
  fn: async (t) => {
    const entry = await outputOf("getent", "passwd", "nobody");
    const [name = "", , uid = "", , , home = ""] = entry.split(":");
    const expected = [
      uid,
      await outputOf("id", "-g", name),
      ...(await outputOf("id", "-G", name)).split(" ").sort((a, b) => +a - +b),
    ];
    const runs = async (options: CommandOptions) => {
      await using pm = new Processman(silent);
      const job = pm.command("sh", WHO, {
        ...options,
        restart: {
          policy: "always",
          backoff: constant(0),
          limit: { restarts: 1, withinMs: 60_000 },
        },
      });
      await job.finished;
      const lines = job.tail(1_000);
      return [1, 2].map((run) =>
        lines.filter((line) => line.run === run).map(({ text }) => text)
      );
    };
    for (const user of [name, Number(uid), uid]) {
      await t.step(`${typeof user} ${user}`, async () => {
        const like = [...expected, `${home} ${name} ${name}`];
        assertEquals(await runs({ user }), [like, like]);
      });
    }
    await t.step("with a variable of its own, without a group", async () => {
      const like = [...expected, `/tmp ${name} ${name}`];
      const options = { user: name, env: { HOME: "/tmp" }, group: false };
      assertEquals(await runs(options), [like, like]);
    });
    await t.step("with a variable that is for the program alone", async () => {
      await using pm = new Processman(silent);
      const env = { LD_PRELOAD: "/no/such.so" };
      const job = pm.command("sh", ["-c", "echo $LD_PRELOAD"], {
        user: name,
        env,
      });
      await job.finished;
      // One complaint, that of the program, and what it prints.
      const lines = job.tail().map(({ text }) => text).sort();
      assertEquals(lines.length, 2);
      assertEquals(lines[0], "/no/such.so");
    });
    await t.step("itself", async () => {
      const [first, second] = await runs({ user: 0 });
      assertEquals(first?.[0], "0");
      assertEquals(first, second);
    });
  },
});

Deno.test({
  name: "CommandDefaults.user says what is in the way, before anything runs",
  ignore: !linux,
  fn: async (t) => {
    await using pm = new Processman(silent);
    await t.step("no such user", () => {
      const odd = ["-i", "--no-idn", "--", "--help", " 0", "+0", "00", "0x0"];
      const wrapped = [2 ** 32, 2 ** 32 - 1, 4_000_000_000];
      for (const user of ["no-such-user", "$(id)", ...odd, ...wrapped]) {
        assertThrows(
          () => pm.command("sleep", ["500"], { user }),
          TypeError,
          `Option "user" must be a user of this system: current value is `,
        );
      }
      assertEquals(pm.processes().size, 0);
    });
    await t.step("a user that is no user at all", () => {
      for (const user of ["", -1, 1.5]) {
        assertThrows(
          () => pm.command("sleep", ["500"], { user }),
          Error,
          "user",
        );
      }
      assertThrows(
        () => pm.command("sleep", ["500"], { user: 0, gid: 0 }),
        TypeError,
        'Option "user" cannot be combined with "uid" or "gid"',
      );
      assertEquals(pm.processes().size, 0);
    });
    await t.step("a missing setpriv", () => {
      const answer = "daemon:x:1:1::/:/bin/sh\0" + "0\0\0";
      const asked = mock.method(Deno.Command.prototype, "outputSync", () => ({
        stdout: new TextEncoder().encode(answer),
      }));
      try {
        assertThrows(
          () => pm.command("sleep", ["500"], { user: "daemon" }),
          SpawnError,
          'the option "user" needs "setpriv" of util-linux',
        );
        assertEquals(asked.mock.callCount(), 1);
      } finally {
        asked.mock.restore();
      }
    });
  },
});

Deno.test({
  name: "CommandDefaults.uid warns once, as root, that the groups stay",
  ignore: !root,
  fn: async () => {
    const warnings: string[] = [];
    const write = () => {};
    const warn = (message: string) => {
      if (message.includes("option")) warnings.push(message);
    };
    const logger = { debug: write, info: write, warn, error: write };
    await using pm = new Processman({ logger });
    const restart = {
      policy: "always",
      backoff: constant(0),
      limit: { restarts: 2, withinMs: 60_000 },
    } as const;
    const { success } = await pm.command("true", [], { uid: 1, restart })
      .finished;
    assert(success);
    assertEquals(warnings, [
      'Process "true" runs as user 1 with the group and HOME of root: ' +
      'use the option "user" to set both',
    ]);
    await pm.command("true", [], { uid: 1, gid: 1 }).finished;
    assertEquals(warnings.length, 1);
  },
});

/** The folder that a file is in. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** What becomes of a program that has run, and what Deno says then. */
const ENDS: Record<string, (path: string) => Promise<unknown>> = {
  "it is missing": (path) => Deno.remove(path),
  "it is not executable": (path) => Deno.chmod(path, 0o644),
  "it is a folder": async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  },
  "its folder is missing": (path) =>
    Deno.remove(folderOf(path), { recursive: true }),
  "its folder is a file": async (path) => {
    const folder = folderOf(path);
    await Deno.remove(folder, { recursive: true });
    await Deno.writeTextFile(folder, "");
  },
  "it is a link to itself": async (path) => {
    await Deno.remove(path);
    await Deno.symlink(path, path);
  },
  "it is a link to what is missing": async (path) => {
    await Deno.remove(path);
    await Deno.symlink("/no/such", path);
  },
  "it is a link through a file": async (path) => {
    await Deno.remove(path);
    await Deno.symlink("/etc/passwd/tool", path);
  },
  "its folder is a link to itself": async (path) => {
    const folder = folderOf(path);
    await Deno.remove(folder, { recursive: true });
    await Deno.symlink(folder, folder);
  },
  "its interpreter is missing": (path) =>
    Deno.writeTextFile(path, "#!/no/such -x\n"),
  "its interpreter is a link to itself": async (path) => {
    await Deno.symlink(`${path}-2`, `${path}-2`);
    await Deno.writeTextFile(path, `#!${path}-2\n`);
  },
  "its interpreter has a space before it": (path) =>
    Deno.writeTextFile(path, "#! \t/no/such\n"),
  "its interpreter is not executable": (path) =>
    Deno.writeTextFile(path, "#!/etc/passwd\n"),
  "its interpreter has a carriage return": (path) =>
    Deno.writeTextFile(path, "#!/bin/sh\r\n"),
  "the interpreter of its interpreter is missing": async (path) => {
    await Deno.writeTextFile(`${path}-2`, "#!/no/such\n");
    await Deno.chmod(`${path}-2`, 0o755);
    await Deno.writeTextFile(path, `#!${path}-2\n`);
  },
  "it is for another C library": async (path) => {
    const bytes = await Deno.readFile("/bin/true");
    const text = new TextDecoder("latin1").decode(bytes);
    const at = text.search(/\/lib[^\0]*\/ld-/);
    bytes[at + 1] = "x".charCodeAt(0);
    await Deno.writeFile(path, bytes);
  },
};

/** What the first start does not look for. */
const LATE = "it is for another C library";

for (const [name, change] of Object.entries(ENDS)) {
  for (const bare of [false, true]) {
    const by = bare ? "a name" : "a path";
    Deno.test({
      name: `Spawner explains as Deno does, for ${by}, that ${name}`,
      ignore: NO_FILES,
      fn: async () => {
        const folder = await Deno.makeTempDir();
        try {
          const path = `${folder}/bin/tool`;
          await Deno.mkdir(`${folder}/bin`);
          await Deno.writeTextFile(path, "#!/bin/sh\nexit 0\n");
          await Deno.chmod(path, 0o755);
          const program = bare ? "tool" : path;
          const options = { env: { PATH: `${folder}/bin:/usr/bin:/bin` } };
          const spawner = new Spawner();
          assertEquals(await run(spawner, program, [], options), undefined);

          await change(path);
          const deno = assertThrows(() =>
            new Deno.Command(program, options).spawn()
          ) as Error;
          const error = await run(spawner, program, [], options);
          assertInstanceOf(error, SpawnError);
          const { cause } = error;
          assertInstanceOf(cause, Error);
          assertEquals(cause.constructor, deno.constructor);
          assertEquals({ ...cause }, { ...deno });
          assertEquals(cause.message, deno.message);
          assertEquals(
            error.message,
            `Cannot start process "job": ${deno.message}`,
          );
          // The next start says it at once, and so does the first one of all
          // unless it takes a look into the program itself.
          const first = name === LATE ? [] : [new Spawner()];
          for (const each of [spawner, ...first]) {
            const next = () => start(each, program, [], options);
            assertThrows(next, SpawnError, deno.message);
          }
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    });
  }
}

Deno.test({
  name:
    "Process says that its program has vanished, and runs it once it is back",
  ignore: NO_FILES,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/tool`;
    const write = async (code: number) => {
      await Deno.writeTextFile(path, `#!/bin/sh\nrm $0\nexit ${code}\n`);
      await Deno.chmod(path, 0o755);
    };
    try {
      await using pm = new Processman(silent);
      await write(0);
      await pm.command(path).finished;

      const events = pm.events();
      const gone = pm.command(path);
      stateOf(gone, "running");
      await gone.finished;
      const { error } = stateOf(gone, "failed");
      assertInstanceOf(error, SpawnError);
      assertInstanceOf(error.cause, Deno.errors.NotFound);
      assertEquals((await eventOf(events, "failed")).error, error);

      await write(1);
      const again = pm.command(path, [], {
        restart: { policy: "on-failure", backoff: constant(50) },
      });
      const first = await eventOf(events, "restart");
      assertEquals(first.decision.reason, "crash");
      const second = await eventOf(events, "restart");
      assertEquals(second.decision.reason, "spawn");
      assertEquals(
        second.error?.message,
        `Cannot start process "${again.name}": ` +
          `Failed to spawn '${path}': No such file or directory (os error 2)`,
      );
      await write(0);
      await again.finished;
      stateOf(again, "exited");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Calls a function with a folder, and a way to write scripts. */
async function withScripts(
  use: (
    folder: string,
    script: (path: string, text: string) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder, async (path, text) => {
      await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`);
      await Deno.chmod(path, 0o755);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "Process tells what ran and then lost its program from what never ran",
  ignore: NO_FILES,
  fn: () =>
    withScripts(async (folder, script) => {
      await using pm = new Processman(silent);
      const restart = { policy: "never" } as const;
      for (const says of ["echo working", "echo setsid: no >&2", ":"]) {
        for (const stderr of ["piped", "null"] as const) {
          const path = `${folder}/tool`;
          await script(path, `${says}; sleep 0.15; rm -- "$0"; exit 127`);
          const job = pm.command(path, [], { restart, stderr });
          await job.finished;
          assertEquals(stateOf(job, "exited").status.code, 127);
        }
      }
    }),
});

Deno.test({
  name: "Spawner tells a program from one of a longer name that it starts",
  ignore: NO_FILES,
  fn: () =>
    withScripts(async (folder, script) => {
      const path = `${folder}/api`;
      await script(path, `setsid -w ${path}-worker; exit $?`);
      const error = await run(new Spawner(), path);
      assertEquals(error, undefined, "it ran, and has failed itself");
    }),
});

/** What becomes of a program, and under which policy. */
const MOVES = [["on-failure", "a", "b"], ["never", "b", "a"]] as const;

Deno.test({
  name: "Process runs a program that has moved to another folder of PATH",
  ignore: NO_FILES,
  fn: () =>
    withScripts(async (folder, script) => {
      await using pm = new Processman(silent);
      for (const name of ["a", "b"]) await Deno.mkdir(`${folder}/${name}`);
      await script(`${folder}/a/tool`, "echo $0");
      const env = { PATH: `${folder}/a:${folder}/b:/bin` };
      await pm.command("tool", [], { env }).finished;
      // It has not run, and so its policy and its wait say nothing of it.
      const backoff = constant(3_600_000);
      for (const [policy, from, to] of MOVES) {
        await Deno.rename(`${folder}/${from}/tool`, `${folder}/${to}/tool`);
        const job = pm.command("tool", [], {
          env,
          restart: { policy, backoff },
        });
        const { success } = await job.finished;
        assert(success);
        const [line] = job.tail(1);
        assertEquals(line?.text, `${folder}/${to}/tool`);
      }
    }),
});

Deno.test({
  name: "Spawner starts a program that is back as it did before",
  ignore: NO_FILES,
  fn: () =>
    withScripts(async (folder, script) => {
      const path = `${folder}/tool`;
      const spawner = new Spawner();
      await script(path, "exit 0");
      await run(spawner, path);
      await Deno.rename(path, `${path}~`);
      assertInstanceOf(await run(spawner, path), SpawnError);
      await Deno.rename(`${path}~`, path);
      const spawned = await spawnedBy(() => run(spawner, path));
      assertEquals(spawned, ["ask sh", "ask sh", "setsid"]);
    }),
});

Deno.test({
  name: "Spawner says as Deno does that a program is being written, or a loop",
  ignore: NO_FILES,
  fn: () =>
    withScripts(async (folder) => {
      const spawner = new Spawner();
      const busy = `${folder}/busy`;
      const loop = `${folder}/loop`;
      await Deno.copyFile("/bin/true", busy);
      await Deno.chmod(busy, 0o755);
      using _ = await Deno.open(busy, { write: true });
      await Deno.writeTextFile(loop, `#!${loop}\n`);
      await Deno.chmod(loop, 0o755);
      for (const path of [busy, loop]) {
        const deno = assertThrows(() => new Deno.Command(path).spawn());
        const error = await run(spawner, path);
        assertInstanceOf(error?.cause, Error);
        assertInstanceOf(deno, Error);
        assertEquals(error.cause.constructor, deno.constructor);
        assertEquals(error.cause.message, deno.message);
        assertEquals({ ...error.cause }, { ...deno });
      }
    }),
});

Deno.test({
  name: "Spawner lets variables of the loader act on the program alone",
  ignore: !linux,
  fn: async () => {
    const options = { env: { LD_LIBRARY_PATH: "/no/such/folder" } };
    const spawned = await spawnedBy(async () => {
      const spawner = new Spawner();
      await run(spawner, "true", [], options);
      await run(spawner, "true", [], options);
    });
    assertEquals(spawned, ["true by a fork", "true by a fork"]);
  },
});

Deno.test({
  name: "Spawner explains nothing of a program that ends by itself",
  ignore: !linux,
  fn: async () => {
    const spawner = new Spawner();
    for (const program of ["sh", "/bin/sh"]) {
      for (const code of [0, 1, 126, 127]) {
        const args = ["-c", `exit ${code}`];
        assertEquals(await run(spawner, program, args), undefined);
      }
    }
    const explained = await spawnedBy(() => run(spawner, "false"));
    assertEquals(explained, ["ask sh", "setsid"]);
  },
});

Deno.test("Spawner says as Deno does what it cannot start at all", () => {
  const spawner = new Spawner();
  const cases: [string, ChildOptions][] = [
    ["no-such-program", {}],
    ["/no/such/program", {}],
    ["./no-such-program", {}],
    ["/etc/passwd", {}],
    ["/etc", {}],
    ["/etc/passwd/program", {}],
    ["sh", { cwd: "/no/such/folder" }],
    ["/bin/sh", { cwd: "/etc/passwd" }],
    ["sh", { env: { PATH: "/no/such" } }],
    ["sh", { env: { PATH: "" } }],
    ["sh", { args: ["x".repeat(3_000_000)] }],
  ];
  for (const [program, options] of cases) {
    const deno = assertThrows(() =>
      new Deno.Command(program, options).spawn()
    ) as Error;
    for (let i = 0; i < 2; i++) {
      const error = assertThrows(
        () => start(spawner, program, options.args, options),
        SpawnError,
      );
      const { cause } = error;
      assertInstanceOf(cause, Error);
      assertEquals(cause.constructor, deno.constructor);
      assertEquals(cause.message, deno.message);
    }
  }
});

Deno.test({
  name: "Spawner says as Deno does that the directory is gone by the next run",
  ignore: NO_FILES,
  fn: async () => {
    const cwd = await Deno.makeTempDir();
    const spawner = new Spawner();
    await run(spawner, "true", [], { cwd });
    await Deno.remove(cwd);
    const deno = assertThrows(() =>
      new Deno.Command("true", { cwd }).spawn()
    ) as Error;
    const error = assertThrows(
      () => start(spawner, "true", [], { cwd }),
      SpawnError,
      deno.message,
    );
    assertInstanceOf(error.cause, Deno.errors.NotFound);
  },
});

/** A terminal, at which nobody answers what Deno may ask. */
const PROMPTS: Record<string, [permission: string, script: string, string[]]> =
  {
    "run is revoked": ["--allow-run", `Deno.permissions.revokeSync(RUN);`, [
      'NotCapable: Requires run access to "true", run again with --allow-run=true',
    ]],
    "env is revoked": [
      "--allow-run --allow-env",
      `Deno.permissions.revokeSync({ name: "env" });`,
      ["0"],
    ],
    "PATH is denied": ["--allow-run --allow-env --deny-env=PATH", "", ["0"]],
    "one program is denied": ["--allow-run --deny-run=true", "", [
      'NotCapable: Requires run access to "true", run again without --deny-run=true',
    ]],
    "sh is denied": ["--allow-run --deny-run=sh", "", ["0"]],
    "one program is allowed": ["--allow-run=true", "", ["0"]],
    "the other is allowed": ["--allow-run=false", "", [
      'NotCapable: Requires run access to "true", run again with --allow-run=true',
    ]],
  };

for (const [name, [permission, script, expected]] of Object.entries(PROMPTS)) {
  Deno.test({
    name: `Spawner never makes Deno ask on a terminal: ${name}`,
    ignore: !linux || await outputOf("sh", "-c", "command -v script") === "",
    fn: async () => {
      const program = `
        import { Spawner } from "${import.meta.resolve("./spawn.ts")}";
        const RUN = { name: "run" };
        const spawner = new Spawner();
        const said = async () => {
          try {
            const { child, ended, explain } = spawner.spawn({
              name: "job",
              program: "true",
              command: { stdin: "null", ...COMMAND },
              group: Deno.permissions.querySync(RUN).state === "granted",
            });
            const status = await child.status;
            await explain?.({ status: { ...status, code: 127 }, durationMs: 0, lines: () => undefined });
            ended?.({ ...status, code: 127 });
            console.log("said " + status.code);
          } catch (error) {
            console.log("said " + (error.cause ?? error));
          }
        };
        FIRST
        ${script}
        await said();
      `;
      const variants = script === "" ? [""] : ["", "await said();"];
      for (const first of variants) {
        const code = program.replace("FIRST", first).replace("COMMAND", "{}");
        const deno = [Deno.execPath(), "run", "--quiet", permission, "-"];
        // The terminal is that of Deno's errors, and its input is the script.
        const text = await outputOf(
          "script",
          "-qec",
          `cat <<'END' | NO_COLOR=1 timeout 20 ${deno.join(" ")}\n${code}\nEND`,
          "/dev/null",
        );
        const said = [...text.matchAll(/^said (.*?)\r?$/gm)].map(([, s]) => s);
        assertEquals(said, [...first === "" ? [] : ["0"], ...expected], text);
      }
    },
  });
}

Deno.test("Processman starts with a PATH of its own what is not denied", async () => {
  await using parent = runScript(
    `
    import { Processman } from "@isbm/processman";
    await using pm = new Processman({ logger: null });
    const env = { PATH: "/usr/bin:/bin" };
    console.log("true", (await pm.command("true", [], { env }).finished).code);
    try {
      pm.command("rm", [], { env });
    } catch ({ cause }) {
      console.log("rm", cause.name);
    }
  `,
    { flags: ["--deny-run=rm"] },
  );
  assertEquals((await parent.finished).code, 0);
  assertEquals(parent.tail().map(({ text }) => text), [
    "true 0",
    "rm NotCapable",
  ]);
});

Deno.test({
  name: "Spawner says which file it may not run, and runs it once it may",
  ignore: !linux || NO_FILES,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    await Deno.mkdir(`${dir}/bin`);
    await Deno.mkdir(`${dir}/empty`);
    await Deno.writeTextFile(
      `${dir}/bin/sh`,
      `#!/bin/sh\nexec /bin/sh "$@"\n`,
      { mode: 0o755 },
    );
    const own = `${dir}/bin/sh`;
    /** The program, its options, and the files that it says it needs. */
    const cases: [string, ChildOptions, string[]][] = [
      ["sh", { env: { PATH: `${dir}/bin` } }, [own]],
      ["sh", { env: { PATH: `${dir}/bin/:/usr/bin` } }, [own]],
      ["sh", { env: { PATH: `${dir}/empty:${dir}/bin` } }, [
        `${dir}/empty/sh`,
        own,
      ]],
      ["sh", { env: { PATH: "bin" }, cwd: dir }, [own]],
      ["sh", { env: { PATH: "" }, cwd: `${dir}/bin` }, [own]],
      ["sh", { env: { PATH: "/nowhere" } }, ["/nowhere/sh"]],
      ["./sh", { cwd: `${dir}/bin` }, [own]],
      ["bin/sh", { cwd: new URL(`file://${dir}`) }, [own]],
      ["./bin/sh", { cwd: dir }, [own]],
      ["./bin/sh", {}, [own]],
      ["sh", { env: { PATH: "bin:/usr/bin" } }, [own]],
      ["sh", { env: { PATH: `${dir}/empty:${dir}/empty:bin` } }, [
        `${dir}/empty/sh`,
        own,
      ]],
    ];
    try {
      for (const [program, { cwd, ...options }, files] of cases) {
        const folder = cwd instanceof URL
          ? `new URL("${cwd}")`
          : JSON.stringify(cwd);
        const script = `
          import { Processman } from "@isbm/processman";
          await using pm = new Processman({ logger: null });
          Deno.chdir(${JSON.stringify(dir)});
          try {
            const job = pm.command(${JSON.stringify(program)}, [
              "-c", "echo it runs",
            ], { ...${
          JSON.stringify(options)
        }, cwd: ${folder}, restart: { policy: "never" } });
            await job.finished;
            console.log(job.tail(1)[0].text);
          } catch ({ cause }) {
            console.log(cause.name, cause.message);
          }
        `;
        const grants = files.join(",");
        const listed = files.map((file) => `"${file}"`).join(" and ");
        const said = async (permission: string) => {
          await using parent = runScript(script, {
            permission: `--allow-run=${permission}`,
            flags: ["--allow-read"],
          });
          return await lineOf(parent, /./);
        };
        // What is allowed is the "sh" in the PATH of this program.
        const why = program === "sh"
          ? ', which the permission for "sh" does not cover'
          : "";
        assertEquals(
          await said("sh"),
          `NotCapable Requires run access to ${listed}${why}, run again with --allow-run=${grants}`,
        );
        assertEquals(
          await said(grants),
          grants.startsWith("/nowhere")
            ? "NotFound Failed to spawn '/nowhere/sh': No such file or directory (os error 2)"
            : "it runs",
        );
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
