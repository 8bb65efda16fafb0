import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { permitted, works } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { lines, type Output } from "../tools/tool_output.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const full = Deno.args.includes("--full");

/** Whether what stands in for systemd works: Debian always has Perl. */
const systemd = await works("systemd-notify", "--version") &&
  await works("perl", "-MSocket", "-e", "1");

/**
 * Prints what `systemd-notify` sends, a line for each message. It also sends a
 * descriptor, and waits until it is closed, as it is here on arrival.
 */
const RECEIVER = `
use Socket;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($socket, sockaddr_un($ARGV[0])) or die $!;
$| = 1;
print "listening\\n";
while (defined recv($socket, my $message, 65536, 0)) {
  $message =~ s/\\n/ /g;
  print "$message\\n" unless $message eq "BARRIER=1";
}`;

/** What listens instead of systemd, in the folder of a tool. */
class Receiver implements AsyncDisposable {
  /** The variables of a unit. */
  readonly env: Readonly<Record<string, string>>;
  /** What was received. */
  readonly output: Output;
  readonly #child: Deno.ChildProcess;

  private constructor(socket: string) {
    this.env = {
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: "1000000",
      WATCHDOG_PID: "1",
    };
    this.#child = new Deno.Command("perl", {
      args: ["-e", RECEIVER, socket],
      stdout: "piped",
    }).spawn();
    this.output = lines(this.#child.stdout);
  }

  static async listen(tool: Tool): Promise<Receiver> {
    const receiver = new Receiver(`${tool.folder}/notify`);
    await receiver.output.line("listening");
    return receiver;
  }

  /** The messages so far. */
  get messages(): string[] {
    return this.output.text.split("\n").slice(1, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.output.end();
  }
}

/** A server that is ready, and ends, when the test wants it to. */
const SHOP = `
processes:
  db:
    command:
      - sh
      - -c
      - |
        trap 'until [ -e end ]; do sleep 0.01; done; exit' TERM
        until [ -e go ]; do sleep 0.01; done
        echo db ready
        while :; do sleep 0.05; done
    ready: { line: { pattern: db ready }, intervalMs: 20 }
  api: { command: [sleep, "600"], dependsOn: { db: ready } }
  later: { command: [sleep, "600"], autoStart: false }
`;

Deno.test({
  name: "up tells systemd when all are ready, a reload, and the stop",
  ignore: ignore || !systemd,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", SHOP);
    await using receiver = await Receiver.listen(tool);
    const { env, output } = receiver;
    await using running = tool.start("exec processman up", { env });
    await output.line(/^STATUS=0 of 2 ready, db .*, api /);
    await tool.write("go", "");
    await output.line("READY=1 STATUS=2 of 2 ready");

    await tool.write("processman.yaml", SHOP.replace("later", "more"));
    assertEquals((await tool.run("processman reload --dry-run")).status, 0);
    await tool.write(
      "processman.yaml",
      `${SHOP}  more: { command: [sleep, "600"] }\n`,
    );
    assertEquals((await tool.run("processman reload", { env })).status, 0);
    await output.line("READY=1 STATUS=3 of 3 ready");

    running.signal("SIGTERM");
    // Its first process has not ended yet.
    await output.line("STOPPING=1 STATUS=Stopping");
    await tool.write("end", "");
    const { stderr, status } = await running.ended;
    assertEquals(status, 143, stderr);
    const changes = receiver.messages.filter((each) => !/^STATUS/.test(each));
    assertEquals(changes, [
      "READY=1 STATUS=2 of 2 ready",
      "RELOADING=1 STATUS=Applying a configuration",
      "READY=1 STATUS=3 of 3 ready",
      "STOPPING=1 STATUS=Stopping",
    ]);
  },
});

Deno.test({
  name: "up is ready for systemd when nothing can get ready any more",
  ignore: ignore || !systemd,
  async fn() {
    await using tool = new Tool();
    await tool.write(
      "processman.yaml",
      `
processes:
  web: { command: [sleep, "600"] }
  db: { type: task, command: ["false"], restart: { policy: never } }
  api: { command: [sleep, "600"], dependsOn: { db: completed } }
  typo: { command: [sh, -c, "exec no-such-program"] }
`,
    );
    await using receiver = await Receiver.listen(tool);
    const { env, output } = receiver;
    await using running = tool.start("exec processman up", { env });
    assertEquals(
      await output.line(/^READY=1 /),
      "READY=1 STATUS=1 of 4 ready, db failed, api blocked, typo restarting",
    );
    assertEquals((await tool.run("processman down")).status, 0);
    await running.ended;
    assertEquals(receiver.messages.at(-1), "STOPPING=1 STATUS=Stopping");
  },
});

Deno.test({
  name: "up does not tell systemd of each crash",
  ignore: ignore || !systemd,
  async fn() {
    await using tool = new Tool();
    await tool.write(
      "processman.yaml",
      `
processes:
  web: { command: [sleep, "600"] }
  loop:
    command: [sh, -c, "echo run; exit 1"]
    restart: { backoff: { constant: 20 } }
`,
    );
    await using receiver = await Receiver.listen(tool);
    const { env, output } = receiver;
    await using running = tool.start("exec processman up", { env });
    await output.line(/^STATUS=\d of 2 ready/);
    const began = performance.now();
    for (let run = 0; run < 40; run++) await running.stdout.line(/run$/);
    running.signal("SIGTERM");
    await running.ended;
    const seconds = (performance.now() - began) / 1_000;
    const { messages } = receiver;
    assertLess(messages.length, 4 + seconds / 5, messages.join("\n"));
  },
});

Deno.test({
  name: "Processes do not get the variables of the unit, and up -d is silent",
  ignore: ignore || !systemd,
  async fn() {
    await using tool = new Tool();
    await tool.write(
      "processman.yaml",
      `
processes:
  plain: { type: task, command: [env] }
  less: { type: task, command: [env], env: { HOME: null } }
  own: { type: task, command: [env], env: { NOTIFY_SOCKET: /own } }
`,
    );
    await using receiver = await Receiver.listen(tool);
    const { env } = receiver;
    const ofUnit = (text: string) =>
      text.split("\n").filter((line) => /NOTIFY_SOCKET|WATCHDOG/.test(line));
    const expected = ["own   | NOTIFY_SOCKET=/own"];
    const { stdout, status } = await tool.run("processman up", { env });
    assertEquals([ofUnit(stdout), status], [expected, 0]);
    // A unit of tasks has been ready, although it ends at once.
    const told = receiver.messages;
    assertEquals(told.slice(-2), [
      "READY=1 STATUS=No process is running",
      "STOPPING=1 STATUS=Stopping",
    ]);

    const up = await tool.run("processman up -d --wait", { env });
    assertEquals(up.status, 0, up.stderr);
    const logs = await tool.run("processman logs");
    assertEquals(ofUnit(logs.stdout), [...expected, ...expected]);
    await tool.run("processman down");
    assertEquals(receiver.messages, told);
  },
});

Deno.test({
  name: "An empty NOTIFY_SOCKET is none",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("Procfile", "job: echo hello\n");
    const env = { NOTIFY_SOCKET: "" };
    const { stderr } = await tool.run("processman up", { env });
    assertEquals(stderr, "");
  },
});

/** What can be in the place of `systemd-notify`, and what is said of it. */
const STAND_INS: Readonly<Record<string, [setUp: string, fault: RegExp]>> = {
  "fails": ["replace 'exit 3'", /: systemd-notify ended with code 3$/],
  "hangs": [
    "replace 'trap \"\" TERM; exec sleep 60'",
    /: systemd-notify did not end in time$/,
  ],
  "is missing": ["PATH=", /: Failed to spawn 'systemd-notify': /],
};

for (const [what, [setUp, fault]] of Object.entries(STAND_INS)) {
  Deno.test({
    name: `up goes on if systemd-notify ${what}, and says so once`,
    ignore,
    async fn() {
      await using tool = new Tool();
      await tool.write("Procfile", "web: echo web runs; exec sleep 600\n");
      await using running = tool.start(
        `replace() {
          printf '#!/bin/sh\\n%s\\n' "$1" >bin/systemd-notify
          chmod +x bin/systemd-notify
        }
        processman=$(command -v processman) && mkdir bin &&
        ln -s "$(command -v sh)" "$(command -v sleep)" bin && ${setUp} &&
        PATH="$PWD/bin:$PATH" exec "$processman" up`,
        { env: { NOTIFY_SOCKET: `${tool.folder}/none` } },
      );
      await running.stdout.line(/web runs/);
      // A call that hangs is ended after a few seconds.
      if (full || what !== "hangs") await running.stderr.line(fault);
      const began = performance.now();
      running.signal("SIGTERM");
      const { stderr, status } = await running.ended;
      assertEquals(status, 143, stderr);
      assertLess(performance.now() - began, 4_000);
      const said = stderr.split("\n").filter((line) => /systemd/.test(line));
      assertEquals(said.length, 1, stderr);
      assertMatch(
        said[0] ?? "",
        /^WARN systemd is not told how the processes /,
      );
      assertMatch(said[0] ?? "", fault);
    },
  });
}
