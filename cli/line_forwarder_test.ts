import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Logger, Processman } from "../mod.ts";
import { plan, type PlanEntry, up } from "../plan/mod.ts";
import {
  JOURNAL,
  startJournal,
  startSyslog,
  SYSLOG,
} from "../tools/log_servers.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { LineForwarder } from "./line_forwarder.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { ScheduleBook } from "./schedule_book.ts";

/** Forwards the lines of a shell while something is done. */
async function forwarding(
  script: string,
  type: "service" | "task",
  journal?: string,
) {
  const warnings: string[] = [];
  const ignore = () => {};
  const warn = (text: string) => void warnings.push(text);
  const logger: Logger = { debug: ignore, info: ignore, warn, error: warn };
  const pm = new Processman({ logger: null, signals: [] });
  const entry: PlanEntry = {
    type,
    command: ["sh", "-c", script],
    stdin: "piped",
    restart: { policy: "never" },
  };
  const app = await up(pm, plan({ job: entry }), { names: [] });
  const end = new AbortController();
  const { signal } = end;
  const schedules = new ScheduleBook();
  const given = { pm, app, logger, schedules, signal };
  const forwarder = new LineForwarder(
    { ...given, note: ignore, env: () => undefined },
    journal,
  );
  const configure = (output: object) =>
    forwarder.configure(
      { processes: { job: { output } } } as unknown as ResolvedConfig,
    );
  return {
    app,
    warnings,
    configure,
    async [Symbol.asyncDispose]() {
      end.abort();
      await pm.shutdown();
      await forwarder[Symbol.asyncDispose]();
    },
  };
}

const LINES =
  "sleep 0.1; echo one; sleep 0.1; echo ERROR two; echo three >&2; echo '<7>four'";

Deno.test({
  name:
    "Lines go to a real journal, with their priorities, and the last ones too",
  ignore: !JOURNAL,
  async fn() {
    await using journal = await startJournal();
    {
      await using all = await forwarding(LINES, "task", journal.socket);
      all.configure({ journald: { identifier: "shop" } });
      await all.app.start("job");
      await all.app.get("job")?.finished;
      assertEquals(all.warnings, []);
    }
    const found = await journal.received(4);
    assertEquals(found.toSorted(), [
      "3 shop ERROR two",
      "4 shop three",
      "6 shop one",
      "7 shop four",
    ]);
  },
});

Deno.test({
  name: "Lines go to a real syslog server by TCP, and wait while it is away",
  ignore: !SYSLOG,
  async fn() {
    await using syslog = await startSyslog();
    await using all = await forwarding(
      "while read a; do echo $a; done",
      "service",
    );
    const server = `tcp://127.0.0.1:${syslog.port}`;
    all.configure({ syslog: { server, facility: "local3" } });
    all.app.start("job").catch(() => {});
    const process = all.app.get("job");
    assert(process !== undefined);
    const input = process.stdin.getWriter();
    const say = (text: string) =>
      input.write(new TextEncoder().encode(`${text}\n`));
    await say("one");
    const [first = ""] = await syslog.received(1);
    assertEquals(first, `local3 info job ${process.pid} one`);
    // A reload takes effect while the process runs.
    all.configure({ syslog: { server, tag: "shop" } });
    await say("two");
    const [, second = ""] = await syslog.received(2);
    assertEquals(second, `daemon info shop ${process.pid} two`);
    all.configure({});
    await say("three");
    await input.close();
    await process.finished;
    assertEquals(all.warnings, []);
    assertEquals((await syslog.received(2)).length, 2);
  },
});

const ignore = !SYSLOG ||
  !permitted("read", "write", "net", "env", "run", "sys");

Deno.test({
  name:
    "Lines go to the syslog of the machine by logger, which does not outlive the supervisor",
  ignore,
  async fn() {
    await using syslog = await startSyslog();
    await using tool = new Tool();
    await tool.write(
      "processman.yaml",
      `defaults: { output: { syslog: { server: "unix://${syslog.socket}" } } }
processes:
  job: { shell: "echo $$; echo bye >&2", type: task }
  web: { shell: "echo $$; exec sleep 500", autoStart: false }
`,
    );
    const { status, stderr } = await tool.run("processman up");
    assertEquals([status, stderr], [0, "job | bye\n"]);
    const [one = "", bye = ""] = (await syslog.received(2)).toSorted();
    assertMatch(one, /^daemon info job (\d+) \1$/);
    assertEquals(bye, `daemon warning job ${one.split(" ")[3]} bye`);
    await using up = tool.start("processman up web");
    const web = await up.stdout.line(/^web/);
    assertMatch(web, /\d+$/);
    await syslog.received(3);
    // The end of the test finds what is left of it.
    up.signal("SIGKILL");
    await up.ended;
  },
});
