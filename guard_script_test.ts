import { assert, assertEquals } from "@std/assert";
import { Ending } from "./ending.ts";
import { GUARD_SCRIPT } from "./guard_script.ts";
import { living } from "./tools/attack_guard.ts";
import {
  KERNEL,
  outputOf,
  ready,
  startRun,
  stepsSideBySide,
  STOP,
  systemTable,
} from "./tools/testing.ts";

/** Where a program is, behind all links; empty if it is nowhere. */
function pathOf(program: string): Promise<string> {
  return outputOf("sh", "-c", `readlink -f "$(command -v ${program})"`);
}

/** A shell, and what makes it one. */
type Shell = readonly [string, ...string[]];

/** The shells that there are on this machine, besides the one that `sh` is. */
async function shells(): Promise<Record<string, Shell>> {
  const all: Shell[] = [["sh"]];
  const sh = await pathOf("sh");
  for (const shell of ["dash", "bash", "busybox"]) {
    const path = await pathOf(shell);
    if (!path || path === sh) continue;
    all.push(shell === "busybox" ? [shell, "sh"] : [shell]);
  }
  return Object.fromEntries(all.map((shell) => [shell.join(" "), shell]));
}

const SHELLS = await shells();

/** Starts a guard of its own, in a shell. */
function script(
  [shell, ...args]: Shell,
  lines: string[],
  env: Record<string, string> = {},
) {
  const child = new Deno.Command(shell, {
    args: [...args, "-c", GUARD_SCRIPT, "sh", ...lines],
    clearEnv: true,
    env,
    stdin: "piped",
    detached: true,
  }).spawn();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  return {
    write: (lines: string[]) =>
      writer.write(encoder.encode(lines.map((line) => `${line}\n`).join(""))),
    async end() {
      await writer.close();
      await child.status;
    },
  };
}

Deno.test("GUARD_SCRIPT ends what has begun and not ended", async (t) => {
  await stepsSideBySide(t, SHELLS, async (shell) => {
    const group = startRun("sleep 500 & sleep 500 & wait");
    const stubborn = await ready(
      "trap '' TERM; echo ready; while :; do sleep 0.1; done",
    );
    const single = startRun("exec sleep 500", false);
    const replaced = startRun("exec sleep 500");
    const kept = startRun("exec sleep 500");
    const guard = script(shell, [
      `+ 1 ${group.pid} g 15 9 0 0 0 ""`,
      `+ 2 ${stubborn.pid} g 15 1 0 0 0 ""`,
      `+ 3 ${kept.pid} g 15 9 0 0 0 ""`,
    ]);
    await guard.write([
      `+ 4 ${replaced.pid} g 15 9 0 0 0 ""`,
      `+ 5 ${single.pid} p 2 9 0 0 0 ""`,
      "- 3",
      // The number of a run that has ended, given to another one.
      `+ 6 ${replaced.pid} g 1 9 0 0 0 ""`,
      "- 4",
    ]);
    assert(group.alive && single.alive && kept.alive);
    await guard.end();
    assertEquals((await group.status).signal, "SIGTERM");
    assertEquals((await single.status).signal, "SIGINT");
    assertEquals((await replaced.status).signal, "SIGHUP");
    assertEquals((await stubborn.child.status).signal, "SIGKILL");
    assert(kept.alive);
    await new Ending(kept, STOP, systemTable(), KERNEL).done;
  });
});

Deno.test("GUARD_SCRIPT skips what is not an entry", async (t) => {
  await stepsSideBySide(t, SHELLS, async (shell) => {
    const good = startRun("exec sleep 500");
    const safe = startRun("exec sleep 500");
    const bad = [
      "",
      "+",
      "-",
      "- x",
      "x y z",
      `+ 1 ${safe.pid} g 15 9 0 0 0`,
      `+ 1 ${safe.pid} g 15 9 0 x 0 ""`,
      `+ 1 ${safe.pid} x 15 9 0 0 0 ""`,
      `+ 1 ${safe.pid} g TERM 9 0 0 0 ""`,
      `+ 1 ${safe.pid} g 0 9 0 0 0 ""`,
      `+ 1 ${safe.pid} g 15 1e308 0 0 0 ""`,
      `+ 1 ${safe.pid} g 15 99999999999999999999 0 0 0 ""`,
      `+ 1 ${safe.pid} g 15 -1 0 0 0 ""`,
      `+ 1 ${safe.pid} g 15 09 0 0 0 ""`,
      `+ 1 0 g 15 9 0 0 0 ""`,
      `+ 1 1 g 15 9 0 0 0 ""`,
      `+ 1 -1 g 15 9 0 0 0 ""`,
      `+ 1 ${safe.pid} g 15 9 0 0 0 '";kill $PPID;'`,
      `+ x;y ${safe.pid} g 15 9 0 0 0 ""`,
      "+ 1 $(kill -9 $$) g 15 9 0 0 0 *",
    ];
    const guard = script(shell, [...bad, `+ 7 ${good.pid} g 15 9 0 0 0 ""`], {
      run_8: `${safe.pid} g 15 9 0 0 0 ""`,
      runs: " 8",
    });
    await guard.write(bad);
    await guard.end();
    assertEquals((await good.status).signal, "SIGTERM");
    assert(safe.alive);
    await new Ending(safe, STOP, systemTable(), KERNEL).done;
  });
});

Deno.test("GUARD_SCRIPT asks a leader first, the rest after it", async (t) => {
  await stepsSideBySide(t, SHELLS, async (shell) => {
    const leader = await ready(
      `sh -c 'trap "echo worker; exit" TERM; echo up; while :; do sleep 0.05; done' &
      trap 'sleep 0.3; echo master; exit' TERM
      while :; do sleep 0.05; done`,
      { piped: true },
    );
    const guard = script(shell, [`+ 1 ${leader.pid} l 15 9 0 0 0 ""`]);
    const rest = new Response(
      new ReadableStream({
        async start(controller) {
          while (true) {
            const { done, value } = await leader.reader.read();
            if (done) break;
            controller.enqueue(value);
          }
          controller.close();
        },
      }),
    ).text();
    await guard.end();
    assertEquals(await rest, "master\nworker\n");
    await leader.child.status;
  });
});

Deno.test("GUARD_SCRIPT finds all groups of a session", async (t) => {
  await stepsSideBySide(t, SHELLS, async (shell) => {
    const { child, pid, words } = await ready(
      "set -m; sleep 500 & (trap '' TERM; exec sleep 500) & echo $! $(jobs -p | head -n 1); wait",
      { program: "bash" },
    );
    const guard = script(shell, [`+ 1 ${pid} g 15 1 0 0 0 ""`]);
    assertEquals((await living(words.map(Number))).length, 2);
    await guard.end();
    assertEquals(await living([pid, ...words.map(Number)]), []);
    await child.status;
  });
});

Deno.test("GUARD_SCRIPT sends no signal twice", async (t) => {
  await stepsSideBySide(t, SHELLS, async (shell) => {
    const { child, pid } = await ready(
      "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done",
    );
    const now = Math.floor(Date.now() / 1_000);
    const guard = script(shell, [`+ 1 ${pid} g 15 2 ${now - 1} ${pid} 0 ""`]);
    await guard.end();
    assertEquals((await child.status).signal, "SIGKILL");
  });
});
