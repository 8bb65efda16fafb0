/**
 * Supervisors with a command line, as their users call them. Linux only.
 *
 * @module
 */

import { pathWith } from "../tools/deno.ts";
import { install, type Installation } from "../tools/install.ts";
import { supervisordConfig } from "./compare/contenders.ts";
import { alive, until } from "./compare/processes.ts";
import type { Contender } from "./contender.ts";
import { fromFileUrl, here } from "./prepare.ts";

/** How long a supervisor may take to end, in milliseconds. */
const END_MS = 20_000;

/** This project: the command as it is installed. */
export const processman: Contender = {
  async commandLine(programs) {
    const folder = await makeFolder();
    const { bin, env } = await installation();
    const processes = Object.fromEntries(
      programs.map(({ name, command }) => [name, { command }]),
    );
    const file = `${folder}/processman.json`;
    await Deno.writeTextFile(file, JSON.stringify({ processes }));
    await Deno.mkdir(`${folder}/run`, { mode: 0o700 });
    const call = caller("processman", folder, {
      ...env,
      PATH: `${bin}:${pathWith(Deno.execPath())}`,
      XDG_RUNTIME_DIR: `${folder}/run`,
      XDG_STATE_HOME: `${folder}/state`,
    });
    return {
      up: () => call("up", "-d"),
      status: () => call("ps"),
      async pid() {
        const [{ pid }] = JSON.parse(await call("ls", "--json"));
        return Number(pid);
      },
      lines: async (name) => countLines(await call("logs", name)),
      down: () => call("down"),
    };
  },
};

/** supervisord, with its socket and its command. */
export const supervisord: Contender = {
  async commandLine(programs) {
    const folder = await makeFolder();
    const file = `${folder}/supervisord.conf`;
    const sections = programs.map(({ name, command }) =>
      `[program:${name}]
command=${command.join(" ")}
autorestart=false
stdout_logfile=${folder}/${name}.log
stdout_logfile_maxbytes=0`
    );
    await Deno.writeTextFile(file, supervisordConfig(folder, sections));
    const control = caller("supervisorctl", folder);
    const pid = pidIn(`${folder}/supervisord.pid`);
    return {
      up: () => caller("supervisord", folder)("-c", file),
      status: () => control("-c", file, "status"),
      pid,
      lines: (name) => linesIn(`${folder}/${name}.log`),
      async down() {
        const daemon = await pid();
        await control("-c", file, "shutdown");
        await until(() => !alive(daemon), END_MS);
      },
    };
  },
};

/** pm2, with a daemon of its own. */
export const pm2: Contender = {
  async commandLine(programs) {
    const folder = await makeFolder();
    const apps = programs.map(({ name, command: [script, ...args] }) => ({
      name,
      script,
      args,
      interpreter: "none",
      cwd: folder,
      autorestart: false,
      out_file: `${folder}/${name}.log`,
    }));
    const file = `${folder}/ecosystem.config.json`;
    await Deno.writeTextFile(file, JSON.stringify({ apps }));
    const script = fromFileUrl(here("peers/node_modules/pm2/bin/pm2"));
    const node = caller("node", folder, { PM2_HOME: `${folder}/pm2` });
    const pid = pidIn(`${folder}/pm2/pm2.pid`);
    return {
      up: () => node(script, "start", file),
      status: () => node(script, "jlist"),
      pid,
      lines: (name) => linesIn(`${folder}/${name}.log`),
      async down() {
        const daemon = await pid();
        await node(script, "kill");
        await until(() => !alive(daemon), END_MS);
      },
    };
  },
};

/** No supervisor: Deno starts, and ends. */
export const nothing: Contender = {
  idle: () => caller(Deno.execPath(), "/")("eval", ""),
};

/** Installs the command, unless another sample has done so. */
async function installation(): Promise<Installation> {
  const folder = `${Deno.env.get("BENCH_TMP")}/installed`;
  const file = `${folder}/installation.json`;
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(folder);
  const installed = await install(folder);
  await Deno.writeTextFile(file, JSON.stringify(installed));
  return installed;
}

/** Returns a function that calls a program, and returns what it prints. */
function caller(
  program: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): (...args: string[]) => Promise<string> {
  return async (...args) => {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd,
      env: { ...env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    if (success) return text.decode(stdout);
    throw new Error(`error: ${program} ${args}: ${text.decode(stderr)}`);
  };
}

function makeFolder(): Promise<string> {
  const dir = Deno.env.get("BENCH_TMP");
  return Deno.makeTempDir(dir === undefined ? {} : { dir });
}

/** Returns what reads a file that is there soon after the command returns. */
function pidIn(file: string): () => Promise<number> {
  const read = () => {
    try {
      return Number(Deno.readTextFileSync(file));
    } catch {
      return 0;
    }
  };
  return async () => {
    await until(() => read() > 0, END_MS);
    return read();
  };
}

async function linesIn(file: string): Promise<number> {
  return countLines(await Deno.readTextFile(file).catch(() => ""));
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}
