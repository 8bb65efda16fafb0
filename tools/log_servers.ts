/**
 * A real rsyslogd and a real systemd-journald for tests. They see nothing of
 * the machine's, and leave nothing behind.
 *
 * @module
 */

import { type Process, Processman } from "../mod.ts";
import { findProgram } from "./servers.ts";
import { Folder, permitted, works } from "./testing.ts";

/** How long a server can take, in milliseconds. */
const LIMIT_MS = 8_000;

const JOURNALD = "/lib/systemd/systemd-journald";

/** Whether a syslog server can be started here. */
export const SYSLOG: boolean = permitted("read", "write", "net") &&
  findProgram("rsyslogd") !== undefined && findProgram("logger") !== undefined;

/** Whether a journal can be started here: as root, on Linux. */
export const JOURNAL: boolean = permitted("read", "write", "sys", "net") &&
  Deno.build.os === "linux" && Deno.uid() === 0 &&
  findProgram("journalctl") !== undefined &&
  await works(JOURNALD, "--version") &&
  await works("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run");

/** A server that runs, and what it has received. */
export interface LogServer extends AsyncDisposable {
  /** The socket that it listens on. */
  readonly socket: string;
  /** The port that it listens on; 0 for none. */
  readonly port: number;
  /** Ends the server at once. */
  kill(): Promise<void>;
  /** Starts the server again. */
  restart(): Promise<void>;
  /** Waits until as many lines as are expected have arrived. */
  received(count: number): Promise<string[]>;
}

/** Starts a syslog server. A line has its facility, severity, tag, pid, text. */
export async function startSyslog(): Promise<LogServer> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(new Folder());
  const socket = `${path}/log`;
  await Deno.writeTextFile(`${path}/out`, "");
  await Deno.writeTextFile(
    `${path}/conf`,
    `module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
input(type="imtcp" port="0" listenPortFileName="${path}/port" address="127.0.0.1")
input(type="imuxsock" Socket="${socket}" UsePIDFromSystem="off")
template(name="t" type="string" string="%syslogfacility-text% %syslogseverity-text% %app-name% %procid% %msg:::drop-last-lf%\\n")
action(type="omfile" file="${path}/out" template="t")
`,
  );
  const pm = stack.use(new Processman({ logger: null, signals: [] }));
  const server = pm.command("rsyslogd", [
    ...["-n", "-f", `${path}/conf`, "-i", `${path}/pid`],
  ], { restart: { policy: "never" } });
  await until(() => exists(`${path}/port`) && exists(socket));
  const port = Number(await Deno.readTextFile(`${path}/port`));
  // With a syslog socket, a message begins with a space.
  const read = async () =>
    lines((await Deno.readTextFile(`${path}/out`)).replace(/ {2,}/g, " "));
  return serverOf(stack.move(), server, { socket, port, read });
}

/** Starts a journal. A line has its priority, identifier, text. */
export async function startJournal(): Promise<LogServer> {
  await using stack = new AsyncDisposableStack();
  const pm = stack.use(new Processman({ logger: null, signals: [] }));
  const settings = "[Journal]\\nReadKMsg=no\\nAudit=no\\nStorage=volatile\\n" +
    "RateLimitIntervalSec=0\\n";
  const server = pm.command("unshare", [
    ...["--mount", "sh", "-c"],
    `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journald.conf.d && ` +
    `printf '${settings}' >/run/systemd/journald.conf.d/test.conf && ` +
    `exec ${JOURNALD}`,
  ], { restart: { policy: "never" } });
  const root = `/proc/${server.pid}/root/run`;
  const socket = `${root}/systemd/journal/stdout`;
  await until(() => exists(socket));
  const read = async () => {
    const { stdout } = await new Deno.Command("journalctl", {
      args: ["-D", `${root}/log/journal`, "-o", "json", "_TRANSPORT=stdout"],
      stderr: "null",
    }).output();
    return lines(new TextDecoder().decode(stdout)).map((line) => {
      const { PRIORITY, SYSLOG_IDENTIFIER, MESSAGE } = JSON.parse(line);
      return `${PRIORITY} ${SYSLOG_IDENTIFIER} ${MESSAGE}`;
    });
  };
  return serverOf(stack.move(), server, { socket, port: 0, read });
}

function serverOf(
  stack: AsyncDisposableStack,
  server: Process,
  { read, socket, port }: Pick<LogServer, "socket" | "port"> & {
    readonly read: () => Promise<string[]>;
  },
): LogServer {
  return {
    socket,
    port,
    kill: async () => void await server.kill(),
    restart: async () => {
      await server.start();
      await until(() => exists(socket));
    },
    async received(count) {
      let found = await read();
      await until(
        async () => (found = await read()).length >= count,
        () => found,
      );
      return found;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Looks until something holds; what a program does tells nobody. */
async function until(
  holds: () => boolean | Promise<boolean>,
  seen: () => unknown = () => "nothing",
): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!await holds()) {
    if (Date.now() > end) {
      throw new Error(`It takes too long; seen: ${JSON.stringify(seen())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
