/**
 * The contenders: libraries, by a program that uses them, and tools.
 *
 * @module
 */

import { fromFileUrl, here } from "../prepare.ts";
import type { Contender, Place, Running } from "./contender.ts";
import type { Setup } from "./host.ts";
import { alive, kill, until } from "./processes.ts";

/** The command of pm2, for Node. */
export const PM2: string = pm2Script("pm2");

/** This project. */
export const PROCESSMAN: Contender = {
  name: "processman",
  start: library("compare/host_processman.ts"),
};

/** All contenders, as the columns of the table. */
export const CONTENDERS: readonly Contender[] = [
  PROCESSMAN,
  { name: "pm2", start: pm2 },
  { name: "supervisord", wholeTree: true, start: supervisord },
  {
    name: "execa",
    wholeTree: true,
    start: library("peers/compare_execa.ts"),
  },
  { name: "dax", start: library("peers/compare_dax.ts") },
  {
    name: "Deno.Command",
    logs: false,
    start: library("compare/host_deno.ts"),
  },
];

/** Starts a program that uses a library. */
function library(file: string): Contender["start"] {
  return (setup, { folder, env }) => {
    const args = ["run", "-A", "--quiet", fromFileUrl(here(file))];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args, JSON.stringify(setup)],
      cwd: folder,
      env: { ...env, NO_COLOR: "1" },
      stdin: setup.foreground ? "null" : "piped",
      stdout: setup.foreground ? "null" : "piped",
      stderr: "null",
    }).spawn();
    return Promise.resolve(setup.foreground ? watched(child) : asked(child));
  };
}

/** A child in the foreground, which is ended by signals alone. */
function watched(child: Deno.ChildProcess): Running {
  return {
    pid: child.pid,
    status: child.status,
    stop: () => Promise.reject(new Error("It takes no requests")),
    end: async () => {
      kill(child.pid, "SIGKILL");
      await child.status;
    },
  };
}

/** A child that stops its first program when it gets a line. */
function asked(child: Deno.ChildProcess): Running {
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  return {
    ...watched(child),
    async stop() {
      await writer.write(new TextEncoder().encode("stop\n"));
      const text = new TextDecoder();
      let output = "";
      while (!output.includes("stopped\n")) {
        const { value, done } = await reader.read();
        if (done) return;
        output += text.decode(value);
      }
    },
    async end() {
      kill(child.pid, "SIGKILL");
      await child.status;
      await Promise.allSettled([writer.abort(), reader.cancel()]);
    },
  };
}

/** Starts pm2: its daemon, or in the foreground `pm2-runtime`. */
async function pm2(setup: Setup, { folder, env }: Place): Promise<Running> {
  const apps = setup.programs.map(({ name, script, env }) => ({
    name,
    script: "/bin/sh",
    args: ["-c", script],
    interpreter: "none",
    cwd: folder,
    env,
    ...setup.logFile && { out_file: setup.logFile },
    ...setup.once && { autorestart: false },
  }));
  const file = `${folder}/ecosystem.config.json`;
  await Deno.writeTextFile(file, JSON.stringify({ apps }));
  const home = `${folder}/pm2`;
  const run = (program: string, ...args: string[]) => {
    const options = { env: { ...env, PM2_HOME: home }, cwd: folder };
    return silent("node", [pm2Script(program), ...args], options);
  };
  if (setup.foreground) return watched(run("pm2-runtime", "start", file));
  await run("pm2", "start", file).status;
  const pid = Number(await Deno.readTextFile(`${home}/pm2.pid`));
  return {
    pid,
    stop: async (name) => void await run("pm2", "stop", name).status,
    async end() {
      await run("pm2", "kill").status;
      await until(() => !alive(pid), 5_000);
      kill(pid, "SIGKILL");
    },
  };
}

/** Returns the path of one of the programs of pm2. */
function pm2Script(program: string): string {
  return fromFileUrl(here(`peers/node_modules/pm2/bin/${program}`));
}

/** Starts supervisord in the foreground, with a socket for its command. */
async function supervisord(
  setup: Setup,
  { folder, env }: Place,
): Promise<Running> {
  const file = `${folder}/supervisord.conf`;
  await Deno.writeTextFile(file, configOf(setup, folder));
  const options = { env, cwd: folder };
  const child = silent("supervisord", ["-n", "-c", file], options);
  const stop = async (name: string) => {
    await silent("supervisorctl", ["-c", file, "stop", name], options).status;
  };
  return { ...watched(child), stop };
}

/** Returns a configuration of supervisord. */
function configOf(setup: Setup, folder: string): string {
  const programs = setup.programs.map(({ name, script, env }) => {
    const variables = Object.entries(env).map(([key, value]) =>
      `${key}="${value}"`
    );
    const lines = [
      `[program:${name}]`,
      `command=sh ${folder}/${name}.sh`,
      `environment=${variables.join(",")}`,
      ...setup.logFile ? [`stdout_logfile=${setup.logFile}`] : [],
      ...setup.once ? ["autorestart=false"] : [],
      ...setup.wholeTree ? ["stopasgroup=true", "killasgroup=true"] : [],
    ];
    Deno.writeTextFileSync(`${folder}/${name}.sh`, `${script}\n`);
    return lines.join("\n");
  });
  return supervisordConfig(folder, programs);
}

/**
 * Returns a configuration of supervisord, with a socket for its command.
 *
 * @param folder The folder of its files.
 * @param programs A section for each program.
 */
export function supervisordConfig(
  folder: string,
  programs: readonly string[],
): string {
  return `[supervisord]
logfile=${folder}/supervisord.log
pidfile=${folder}/supervisord.pid
childlogdir=${folder}

[unix_http_server]
file=${folder}/socket

[supervisorctl]
serverurl=unix://${folder}/socket

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

${programs.join("\n\n")}
`;
}

/** Starts a program that reads nothing, and whose output is of no interest. */
function silent(
  program: string,
  args: string[],
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  return new Deno.Command(program, {
    ...options,
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}
