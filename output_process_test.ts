/**
 * Tests of the output of real children. With `-- --full` on the command line of
 * the tests, children write 10 GB that nothing reads.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import { createHash } from "node:crypto";
import { constant, type Line, type Process, Processman } from "./mod.ts";
import { DRAIN_MS } from "./pump.ts";
import { seededRandom } from "./testing/mod.ts";
import { lineOf, outputOf } from "./tools/testing.ts";

/** Whether as much is to be written as the long form says. */
const FULL = Deno.args.includes("--full");

const silent = { logger: null };

/** Returns the program and the arguments that run a shell script. */
function sh(script: string, ...args: string[]): [string, string[]] {
  return ["sh", ["-c", script, ...args]];
}

/** Returns the checksum of what a script prints, made by another program. */
async function checksum(script: string, ...args: string[]): Promise<string> {
  const sum = await outputOf("sh", "-c", `{ ${script}\n} | sha1sum`, ...args);
  return sum.slice(0, 40);
}

/** Returns the checksum of a stream. */
async function sumOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha1");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

/** The length of a line of `seq` that holds a number of ten digits. */
const NUMBER_BYTES = 11;

/** The first of these numbers. */
const FIRST = 1_000_000_000;

/** Returns what `seq`, which starts with that number, prints at a position. */
function numbersAt(position: number, length: number): Uint8Array {
  const skipped = position % NUMBER_BYTES;
  let number = FIRST + Math.floor(position / NUMBER_BYTES);
  let text = "";
  while (text.length < skipped + length) text += `${number++}\n`;
  return new TextEncoder().encode(text.slice(skipped, skipped + length));
}

/** Returns whether two arrays hold the same bytes. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

Deno.test("Process.stdout gives all bytes as they were written", async () => {
  // 1 GiB in full.
  const bytes = FULL ? 2 ** 30 : 2 ** 27;
  await using pm = new Processman(silent);
  // An executable is a large file whose parts differ.
  const script =
    `i=0; while [ $i -lt 99 ]; do echo $i; cat "$0"; i=$((i + 1)); done |
     head -c ${bytes}`;
  const job = pm.command(...sh(script, Deno.execPath()));
  const [sum, expected] = await Promise.all([
    sumOf(job.stdout),
    checksum(script, Deno.execPath()),
  ]);
  assertEquals(sum, expected);
  assert((await job.finished).success);
  assertEquals(job.droppedBytes, { stdout: 0, stderr: 0 });
});

Deno.test("Process.stdout and stderr are right for 64 processes at once", async () => {
  const last = FULL ? 80_000 : 30_000;
  await using pm = new Processman(silent);
  const script = (from: number) =>
    `seq ${from} ${last} >&2 & seq ${-from} 99 ${99 * last}; wait`;
  const numbers = Array.from({ length: 64 }, (_, i) => i + 1);
  const jobs = numbers.map((n) => pm.command(...sh(script(n))));
  const sums = await Promise.all(
    jobs.flatMap(({ stdout, stderr }) => [sumOf(stdout), sumOf(stderr)]),
  );
  const all = numbers.map((n) =>
    `seq ${-n} 99 ${99 * last} | sha1sum; seq ${n} ${last} | sha1sum`
  );
  const expected = await outputOf("sh", "-c", all.join("\n"));
  assertEquals(sums.map((sum) => `${sum}  -`), expected.split("\n"));
});

Deno.test("Process.stdout goes on over 50 restarts", async () => {
  await using pm = new Processman(silent);
  const job = pm.command(...sh("seq $RUN 7 200000; printf 'no end'; exit 1"), {
    prepare: ({ run }) => ({ env: { RUN: `${run}` } }),
    restart: { backoff: constant(0), limit: { restarts: 50, withinMs: 1e6 } },
  });
  const [sum, expected] = await Promise.all([
    sumOf(job.stdout),
    checksum(
      "for run in $(seq 51); do seq $run 7 200000; printf 'no end'; done",
    ),
  ]);
  assertEquals(sum, expected);
  await job.finished;
  assertEquals(job.state.kind, "failed");
});

Deno.test("Process.stdout hands out or counts each byte, whenever it is read", async () => {
  for (let seed = 0; seed < 6; seed++) {
    const random = seededRandom(seed);
    await using pm = new Processman(silent);
    // Reads a count, writes that many numbers, and then a line to stderr.
    const job = pm.command(
      ...sh(`from=${FIRST}
        while read count; do
          seq $from $((from + count - 1))
          from=$((from + count))
          echo $from >&2
        done`),
      {
        stdin: "piped",
        output: { bufferBytes: Math.floor(random() * 100_000) },
      },
    );
    const stdin = job.stdin.getWriter();
    const reports = job.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let reported = "";
    let asked = 0;
    const written = async () => {
      while (!reported.endsWith(`${FIRST + asked}\n`)) {
        reported += (await reports.read()).value;
      }
    };
    let position = 0;
    let dropped = 0;
    const check = (chunk: Uint8Array) => {
      position += job.droppedBytes.stdout - dropped;
      dropped = job.droppedBytes.stdout;
      const expected = numbersAt(position, chunk.length);
      assert(same(chunk, expected), `seed ${seed} at ${position}`);
      position += chunk.length;
    };
    for (let round = 0; round < 8; round++) {
      const count = 1 + Math.floor(random() ** 2 * 100_000);
      asked += count;
      await stdin.write(new TextEncoder().encode(`${count}\n`));
      // The reader comes early, or after everything has been written.
      if (random() < 0.5) await written();
      const { stdout } = job;
      const reader = stdout.getReader();
      const until = position + random() * 1.2 * count * NUMBER_BYTES;
      while (position < Math.min(until, asked * NUMBER_BYTES)) {
        const { value } = await reader.read();
        check(value ?? new Uint8Array());
      }
      await reader.cancel();
      await written();
    }
    await stdin.close();
    await reports.cancel();
    if (seed % 2 > 0) await job.finished;
    for await (const chunk of job.stdout) check(chunk);
    assertEquals(position, asked * NUMBER_BYTES, `seed ${seed}`);
  }
});

Deno.test("Process.stdout makes the child wait for a slow reader", async () => {
  await using pm = new Processman(silent);
  const script = sh(
    "for i in $(seq 100); do head -c 10000 /dev/zero; echo $i >&2; done",
  );
  const slow = pm.command(...script);
  const reader = slow.stdout.getReader();
  let length = (await reader.read()).value?.length ?? 0;
  // A child that need not wait ends earlier, though it started later.
  await pm.command(...script).finished;
  assertLessOrEqual(lastReport(slow), 30);
  assertEquals(slow.state.kind, "running");

  reader.releaseLock();
  for await (const chunk of slow.stdout) length += chunk.length;
  assertEquals(length, 1_000_000);
  assertEquals(lastReport(slow), 100);
});

Deno.test("Process.stdout has all that a child wrote before SIGKILL", async (t) => {
  for (const when of ["at once", "after its end"] as const) {
    await t.step(`read ${when}`, async () => {
      await using pm = new Processman(silent);
      for (let round = 0; round < 12; round++) {
        // Each line is one write(), which is reported after it has succeeded.
        const job = pm.command(
          ...sh(`i=${FIRST}
            while :; do echo $i; i=$((i + 1)); echo $i >&2; done`),
          { output: { bufferBytes: 10_000_000 } },
        );
        const read = () => new Response(job.stdout).bytes();
        const early = when === "at once" ? read() : undefined;
        await lineOf(job, `${FIRST + 1 + round ** 3}`);
        await job.kill();
        const bytes = await (early ?? read());
        const reported = lastReport(job) - FIRST;
        const lines = bytes.length / NUMBER_BYTES;
        assertGreater(reported, round ** 3);
        assert(lines === reported || lines === reported + 1, `${lines}`);
        assert(same(bytes, numbersAt(0, bytes.length)));
      }
    });
  }
});

Deno.test("Process blocks no child and needs no memory when nothing reads", async () => {
  await using pm = new Processman(silent);
  const gigabytes = FULL ? 10 : 1;
  const write = async (bytes: number) => {
    const job = pm.command("head", ["-c", `${bytes}`, "/dev/zero"]);
    assert((await job.finished).success);
    assertEquals(job.droppedBytes.stdout, bytes - 65_536);
  };
  const sizes: number[] = [];
  const timer = setInterval(() => sizes.push(Deno.memoryUsage().rss), 20);
  await Promise.all([1, 2, 3, 4].map(() => write(25_000_000)));
  const before = Math.max(Deno.memoryUsage().rss, ...sizes.splice(0));
  await Promise.all([1, 2, 3, 4].map(() => write(gigabytes * 250_000_000)));
  clearInterval(timer);
  assertGreater(sizes.length, 3);
  assertLess(Math.max(...sizes) - before, 32 * 1024 * 1024);
});

Deno.test("Process.finished waits briefly for what holds the pipe open", async (t) => {
  const sleep = "echo early; sleep 500 & echo pid $!";
  const cases: [string, boolean, string][] = [
    ["a child of the leader", false, sleep],
    [
      "another session",
      true,
      `${sleep.replace("sleep", "setsid sleep")}
       while [ $(ps -o sid= -p $!) -ne $! ]; do :; done`,
    ],
    [
      "a child of the leader that writes on",
      false,
      "(trap '' PIPE; while sleep 0.01; do echo on; done) & echo pid $!",
    ],
  ];
  for (const [holds, group, script] of cases) {
    await t.step(holds, async () => {
      await using pm = new Processman(silent);
      const job = pm.command(...sh(script), { group });
      const all = new Response(job.stdout).text();
      await job.status;
      const since = performance.now();
      await job.finished;
      const tookMs = performance.now() - since;
      const [, holder] = (await all).match(/pid (\d+)/) ?? [];
      Deno.kill(Number(holder), "SIGKILL");
      // To look at the pipe and for what holds it, on a busy machine.
      assertLess(tookMs, DRAIN_MS + 1_000);
    });
  }
});

Deno.test("Process.lines() cuts a line of 100 MB", async () => {
  await using pm = new Processman(silent);
  const job = pm.command(
    ...sh(
      "echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last",
    ),
  );
  const told = ({ text, truncated }: Line) => [
    text.length > 9 ? text.length : text,
    truncated,
  ];
  const lines: Line[] = [];
  for await (const line of job.lines()) lines.push(line);
  const expected = [["first", false], [1_048_576, true], ["last", false]];
  assertEquals(lines.map(told), expected);
  assertEquals(job.tail(1).map(told), [["last", false]]);
});

/** Returns the last number that a process has written to stderr. */
function lastReport(job: Process): number {
  const reports = job.tail(1_000_000).filter(({ source, text }) =>
    source === "stderr" && text !== ""
  );
  return Number(reports.at(-1)?.text ?? 0);
}
