/**
 * Daemons that keep programs running, from Debian's packages.
 *
 * @module
 */

import type { Child, Contender } from "./contender.ts";

/** Checks programs that run already, by their PID files and their ports. */
export const monit: Contender = {
  async supervise(ports) {
    const folder = await makeFolder();
    const programs = ports.map(() => spawn("sleep", ["500"]));
    const checks = ports.map((port, index) => {
      const file = `${folder}/${index}.pid`;
      Deno.writeTextFileSync(file, `${programs[index]?.pid}\n`);
      return `check process program${index} with pidfile ${file}
  if failed host 127.0.0.1 port ${port} type tcp then alert`;
    });
    const file = `${folder}/monitrc`;
    const text = `set daemon 10
set log ${folder}/log
set pidfile ${folder}/pid
set idfile ${folder}/id
set statefile ${folder}/state
${checks.join("\n")}
`;
    // It refuses a file that others can read.
    await Deno.writeTextFile(file, text, { mode: 0o600 });
    const daemon = spawn("monit", ["-I", "-c", file]);
    return ended(daemon, ...programs);
  },
};

/** Only keeps programs running: it has no checks. */
export const supervisord: Contender = {
  async supervise(ports) {
    const folder = await makeFolder();
    const programs = ports.map((_, index) =>
      `[program:program${index}]\ncommand=sleep 500`
    );
    const file = `${folder}/supervisord.conf`;
    const text = `[supervisord]
logfile=${folder}/log
pidfile=${folder}/pid
childlogdir=${folder}
${programs.join("\n")}
`;
    await Deno.writeTextFile(file, text);
    return ended(spawn("supervisord", ["-n", "-c", file]));
  },
};

function makeFolder(): Promise<string> {
  const dir = Deno.env.get("BENCH_TMP");
  return Deno.makeTempDir(dir === undefined ? {} : { dir });
}

function spawn(program: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Returns a daemon that ends before the programs that it looks at. */
function ended(
  daemon: Deno.ChildProcess,
  ...programs: Deno.ChildProcess[]
): Child {
  return {
    pid: daemon.pid,
    async stop() {
      daemon.kill();
      await daemon.status;
      for (const program of programs) program.kill();
      await Promise.all(programs.map(({ status }) => status));
    },
  };
}
