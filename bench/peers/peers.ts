/**
 * Packages from npm, installed by the task into this folder, and Node's own
 * module. They run in Deno and in Node, and nothing is known of their types
 * where they are not installed.
 *
 * @module
 */

import { type ChildProcess, spawn as nodeSpawn } from "node:child_process";
import process from "node:process";
import type { Child, Contender } from "../contender.ts";

/** Loads a package, which need not be there when types are checked. */
export function load<T>(name: string): Promise<T> {
  return import(name);
}

/** `node:child_process`, which plain `Deno.Command` is compared to as well. */
export const node: Contender = nodeLike(
  (program, args) => nodeSpawn(program, args, { stdio }),
);

/** The same, in sessions of their own. */
export const nodeDetached: Contender = nodeLike(
  (program, args) => nodeSpawn(program, args, { stdio, detached: true }),
);

const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];

function nodeLike(
  spawn: (program: string, args: string[]) => ChildProcess,
): Contender {
  const run = (program: string, args: string[]) => {
    const child = spawn(program, args);
    child.stdout?.resume();
    child.stderr?.resume();
    return closed(child);
  };
  return {
    run,
    async restart(program, args, again) {
      do await run(program, args); while (again());
    },
    start(program, args): Child {
      const child = spawn(program, args);
      child.stdout?.resume();
      child.stderr?.resume();
      const end = closed(child);
      return {
        pid: child.pid ?? 0,
        stop() {
          child.kill("SIGTERM");
          return end;
        },
      };
    },
    async bytes(program, args) {
      const child = spawn(program, args);
      let bytes = 0;
      child.stdout?.on("data", (chunk) => bytes += chunk.length);
      child.stderr?.resume();
      await closed(child);
      return bytes;
    },
    async lines(program, args, line) {
      const { createInterface } = await import("node:readline");
      const child = spawn(program, args);
      child.stderr?.resume();
      const end = closed(child);
      const input = child.stdout;
      if (input === null) return;
      for await (const text of createInterface({ input })) line(text);
      await end;
    },
  };
}

function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}

interface Execa {
  execa(
    program: string,
    args: string[],
    options: object,
  ): PromiseLike<{ stdout: string }> & ChildProcess & AsyncIterable<string>;
}

/** execa, which by default keeps all output. */
export const execa: () => Promise<Contender> = () => execaWith({});

/** The same, in sessions of their own. */
export const execaDetached: () => Promise<Contender> = () =>
  execaWith({ detached: true });

async function execaWith(options: object): Promise<Contender> {
  const { execa } = await load<Execa>("execa");
  const all = { stdin: "ignore", reject: false, cleanup: false, ...options };
  const run = (program: string, args: string[]) =>
    Promise.resolve(execa(program, args, all));
  return {
    run,
    async restart(program, args, again) {
      do await run(program, args); while (again());
    },
    start(program, args): Child {
      const child = execa(program, args, all);
      return {
        pid: child.pid ?? 0,
        stop() {
          child.kill("SIGTERM");
          return Promise.resolve(child);
        },
      };
    },
    async bytes(program, args) {
      const child = execa(program, args, { ...all, buffer: false });
      let bytes = 0;
      child.stdout?.on("data", (chunk) => bytes += chunk.length);
      await child;
      return bytes;
    },
    async lines(program, args, line) {
      const child = execa(program, args, { ...all, buffer: false });
      for await (const text of child) line(text);
    },
  };
}

interface DaxCommand extends PromiseLike<unknown> {
  command(command: string[]): DaxCommand;
  stdin(kind: "null"): DaxCommand;
  stdout(kind: "piped"): DaxCommand;
  stderr(kind: "piped"): DaxCommand;
  noThrow(): DaxCommand;
  spawn(): DaxChild;
}

interface DaxChild extends PromiseLike<unknown> {
  kill(signal: string): void;
  stdout(): ReadableStream<Uint8Array>;
}

/** dax, by its builder of commands. */
export const dax: () => Promise<Contender> = async () => {
  const { CommandBuilder } = await load<
    { CommandBuilder: new () => DaxCommand }
  >("dax");
  const command = (program: string, args: string[]) =>
    new CommandBuilder().command([program, ...args])
      .stdin("null").stdout("piped").stderr("piped").noThrow();
  const run = (program: string, args: string[]) =>
    Promise.resolve(command(program, args));
  return {
    run,
    async restart(program, args, again) {
      do await run(program, args); while (again());
    },
    start(program, args): Child {
      const child = command(program, args).spawn();
      return {
        pid: 0,
        stop() {
          child.kill("SIGTERM");
          return Promise.resolve(child);
        },
      };
    },
    async bytes(program, args) {
      const child = command(program, args).spawn();
      let bytes = 0;
      for await (const chunk of child.stdout()) bytes += chunk.length;
      await child;
      return bytes;
    },
  };
};

interface Events {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}

interface Respawn {
  default(command: string[], options: object): Events & {
    pid: number;
    start(): void;
    stop(done?: () => void): void;
  };
}

/** respawn; it cannot do without a pause before a restart: 1 ms. */
export const respawn: () => Promise<Contender> = async () => {
  const { default: respawn } = await load<Respawn>("respawn");
  return {
    run: (program, args) =>
      new Promise<void>((resolve) => {
        const monitor = respawn([program, ...args], { stdio, maxRestarts: 0 });
        monitor.on("stop", () => resolve());
        monitor.start();
      }),
    restart: (program, args, again) =>
      new Promise<void>((resolve) => {
        const monitor = respawn([program, ...args], { stdio, sleep: 1 });
        monitor.on("exit", () => {
          if (again()) return;
          // During the event it would wait for the same event.
          setTimeout(() => monitor.stop(resolve));
        });
        monitor.start();
      }),
    start(program, args): Child {
      const monitor = respawn([program, ...args], { stdio });
      monitor.start();
      return {
        pid: monitor.pid,
        stop: () => new Promise<void>((resolve) => monitor.stop(resolve)),
      };
    },
  };
};

interface Forever {
  default: {
    Monitor: new (command: string[], options: object) => Events & {
      start(): void;
      stop(): void;
      child: ChildProcess;
    };
  };
}

/** forever-monitor. */
export const forever: () => Promise<Contender> = async () => {
  const { Monitor } = (await load<Forever>("forever-monitor")).default;
  const options = { silent: true, killTree: false };
  return {
    run: (program, args) =>
      new Promise<void>((resolve) => {
        const monitor = new Monitor([program, ...args], { ...options, max: 1 });
        monitor.on("exit", () => resolve());
        monitor.start();
      }),
    restart: (program, args, again) =>
      new Promise<void>((resolve) => {
        const monitor = new Monitor([program, ...args], {
          ...options,
          minUptime: 0,
        });
        monitor.on("exit:code", () => {
          if (again()) return;
          monitor.stop();
          resolve();
        });
        monitor.start();
      }),
    start(program, args): Child {
      const monitor = new Monitor([program, ...args], { ...options, max: 1 });
      monitor.start();
      return {
        pid: monitor.child.pid ?? 0,
        stop: () =>
          new Promise<void>((resolve) => {
            monitor.child.on("close", () => resolve());
            monitor.stop();
          }),
      };
    },
  };
};

interface Pm2 {
  default: {
    connect(noDaemon: boolean, done: (error?: Error) => void): void;
    start(options: object, done: (error?: Error) => void): void;
    delete(name: string, done: (error?: Error) => void): void;
    launchBus(done: (error: Error | undefined, bus: Events) => void): void;
  };
}

/** pm2, with its daemon in this very process. */
export const pm2: () => Promise<Contender> = async () => {
  process.env.PM2_HOME = `${process.env.BENCH_TMP}/pm2`;
  process.env.PM2_SILENT = "true";
  const { default: pm2 } = await load<Pm2>("pm2");
  const asked = <T = void>(
    ask: (done: (error?: Error | null, value?: T) => void) => void,
  ) =>
    new Promise<T>((resolve, reject) =>
      ask((error, value) => error ? reject(error) : resolve(value as T))
    );
  await asked((done) => pm2.connect(true, done));
  const bus = await asked<Events>((done) => pm2.launchBus(done as never));
  return {
    async restart(program, args, again) {
      const over = new Promise<void>((resolve) =>
        bus.on("process:event", (event) => {
          if ((event as { event: string }).event !== "exit") return;
          if (!again()) resolve();
        })
      );
      await asked((done) =>
        pm2.start({
          name: "restart",
          script: program,
          args,
          interpreter: "none",
          max_restarts: 1e9,
          min_uptime: 0,
          restart_delay: 0,
        }, done)
      );
      await over;
      await asked((done) => pm2.delete("restart", done));
    },
  };
};
