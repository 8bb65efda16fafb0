// deno-lint-ignore-file no-console
/**
 * What it costs to keep the lines of a process on disk: CPU time of the
 * program, beside `output.file` with `json`, without a file, and supervisord.
 *
 * `deno run -A tools/offline.ts run -A bench/log.ts [LINES] [LINES A SECOND] [WAY]...`
 *
 * @module
 */

import process from "node:process";
import { openLog } from "../control/log.ts";
import { Processman } from "../mod.ts";

const [count = 500_000, perSecond = 100_000] = Deno.args.slice(0, 2)
  .map(Number);
const only = Deno.args.slice(2);

/** Writes numbered lines of 100 characters, some each 10 ms. */
const PACED = `
const [count, perTick] = Deno.args.map(Number);
const encoder = new TextEncoder();
let next = 1;
let due = performance.now();
while (next <= count) {
  let text = "";
  for (let i = 0; i < perTick && next <= count; i++) {
    text += String(next++).padStart(99, "x") + "\\n";
  }
  let bytes = encoder.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  due += 10;
  const ms = due - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
`;

/** What was measured. */
interface Cost {
  readonly seconds: number;
  readonly cpu: number;
  readonly peak: number;
}

type Begin = (
  pm: Processman,
  folder: string,
) => Promise<{ options: object; check: () => Promise<number> }>;

const WAYS: Record<string, Begin> = {
  // deno-lint-ignore require-await
  "lines() alone": async () => ({
    options: {},
    check: () => Promise.resolve(NaN),
  }),
  // deno-lint-ignore require-await
  "output.file, json": async (_, folder) => {
    const path = `${folder}/file`;
    return {
      options: { output: { file: { path, json: true, maxBytes: Infinity } } },
      check: async () => (await Deno.readTextFile(path)).split("\n").length - 1,
    };
  },
  "the log": async (pm, folder) => {
    const log = await openLog(`${folder}/log`, { maxBytes: Infinity });
    const recorded = log.record(pm);
    return {
      options: {},
      async check() {
        await recorded;
        let next = 1;
        const { signal } = new AbortController();
        for await (const item of log.read({}, signal)) {
          if (item.kind !== "line" || !item.text.endsWith(String(next))) break;
          next++;
        }
        await log.close();
        return next - 1;
      },
    };
  },
};

async function measure(name: string, rate: number): Promise<Cost> {
  const folder = await Deno.makeTempDir();
  const pm = new Processman({ logger: null, signals: [] });
  const { options, check } = await WAYS[name]?.(pm, folder) ?? {
    options: {},
    check: () => Promise.resolve(0),
  };
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, Deno.memoryUsage().rss);
  }, 50);
  const program = rate === Infinity
    ? ["seq", "-f", `%099.0f`, "1", String(count)]
    : [Deno.execPath(), "run", "--quiet", "-"].concat(
      [String(count), String(rate / 100)],
    );
  const [command = "", ...args] = program;
  const before = cpuMs();
  const start = performance.now();
  const child = pm.command(command, args, {
    stdin: rate === Infinity ? "null" : "piped",
    restart: { policy: "never" },
    ...options,
  });
  if (rate !== Infinity) await new Response(PACED).body?.pipeTo(child.stdin);
  if (name === "lines() alone") {
    let seen = 0;
    for await (const some of child.lines().batches()) seen += some.length;
    if (seen !== count) throw new Error(`${seen} lines`);
  }
  await child.finished;
  const seconds = (performance.now() - start) / 1_000;
  const cpu = cpuMs() - before;
  clearInterval(timer);
  await pm.shutdown();
  const found = await check();
  if (found !== count && !Number.isNaN(found)) {
    throw new Error(`${name}: ${found} lines of ${count}`);
  }
  await Deno.remove(folder, { recursive: true });
  return { seconds, cpu, peak };
}

/** The CPU time of this process in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Measures supervisord with the same child. */
async function supervisord(): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/supervisord.conf`;
  const log = `${folder}/out`;
  await Deno.writeTextFile(
    file,
    `[supervisord]
logfile=${folder}/log
pidfile=${folder}/pid
[program:a]
command=seq -f %%099.0f 1 ${count}
autorestart=false
startsecs=0
stdout_logfile=${log}
stdout_logfile_maxbytes=0
`,
  );
  const start = performance.now();
  const daemon = new Deno.Command("supervisord", {
    args: ["-n", "-c", file],
    stdout: "null",
  }).spawn();
  let size = 0;
  while (size < count * 100) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    size = (await Deno.stat(log).catch(() => undefined))?.size ?? 0;
  }
  const seconds = (performance.now() - start) / 1_000;
  const stat = await Deno.readTextFile(`/proc/${daemon.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpu = 10 * (Number(fields[11]) + Number(fields[12]));
  show("supervisord", Infinity, { seconds, cpu, peak: NaN });
  daemon.kill();
  await daemon.status;
  await Deno.remove(folder, { recursive: true });
}

function show(name: string, rate: number, { seconds, cpu, peak }: Cost): void {
  console.log(
    name.padEnd(20),
    (rate === Infinity ? "unpaced" : `${rate / 1_000}k/s`).padEnd(9),
    `${Math.round(count / seconds / 1_000)}k lines/s`.padStart(14),
    `${(cpu / count * 1_000).toFixed(2)} µs/line`.padStart(14),
    `${Math.round(peak / 1_048_576)} MiB`.padStart(9),
  );
}

for (const rate of [Infinity, perSecond]) {
  for (let round = 0; round < 3; round++) {
    for (const name of Object.keys(WAYS)) {
      if (only.length > 0 && !only.includes(name)) continue;
      show(name, rate, await measure(name, rate));
    }
  }
}
if (only.length === 0) await supervisord();
