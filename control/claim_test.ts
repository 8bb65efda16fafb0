import { assert, assertEquals, assertRejects } from "@std/assert";
import { lineOf, permitted, runScript } from "../tools/testing.ts";
import {
  CLAIM_MODULE,
  PLACE_MODULE,
  recordOf,
  RuntimeFolder,
  takePlace,
} from "../tools/place_testing.ts";
import { claim, hold } from "./claim.ts";
import { enterGate } from "./lock.ts";
import { inspect, PlaceError, placeOfName } from "./place.ts";

const ignore = !permitted("read", "write", "env", "sys");
const ROUNDS = Deno.args.includes("--full") ? 1_000 : 50;

/** Takes a place for each line of stdin, and frees the one before. */
const RACER = `
  import { claim } from ${CLAIM_MODULE};
  import { placeOfName } from ${PLACE_MODULE};
  const chunks = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let held;
  console.log("ready", Deno.pid);
  for await (const chunk of chunks) {
    const name = chunk.trim();
    await held?.[Symbol.asyncDispose]?.();
    held = await claim(await placeOfName(name), {
      name, pid: Deno.pid, version: "1", startedAt: Date.now(),
      config: null, logs: null, log: null,
    });
    console.log(name, held.holder ? held.holder.pid : "won");
  }`;

Deno.test({
  name: `Place is taken by exactly one of two programs, ${ROUNDS} times`,
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const script = `${runtime.path}/racer.ts`;
    await Deno.writeTextFile(script, RACER);
    await using one = racer(script);
    await using other = racer(script);
    const pids = [await one.next(), await other.next()]
      .map((line) => Number(line.split(" ")[1]));
    for (let round = 0; round < ROUNDS; round++) {
      // Every third time they fight for the place that one of them frees.
      const name = `place${Math.floor(round / 3)}`;
      await Promise.all([one.write(name), other.write(name)]);
      const said = [await one.next(), await other.next()];
      const expected = [
        [`${name} won`, `${name} ${pids[0]}`],
        [`${name} ${pids[1]}`, `${name} won`],
      ].map((lines) => lines.join());
      assert(expected.includes(said.join()), said.join());
    }
  },
});

/** Starts a racer. */
function racer(script: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-check", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    write: (name: string) =>
      writer.write(new TextEncoder().encode(`${name}\n`)),
    async next(): Promise<string> {
      const { value, done } = await reader.read();
      if (done) throw new Error("the racer has ended");
      return value.trim();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await writer.close();
      await child.status;
      await reader.cancel();
    },
  };
}

Deno.test({
  name: "Place is refused to a second claim of the same program",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    await using held = await takePlace(place);
    assertEquals(held.place, place);
    const { holder } = await claim(place, recordOf("other", { pid: 1 })) as {
      holder: unknown;
    };
    assertEquals(holder, (await inspect(place) as { record: unknown }).record);
    await held[Symbol.asyncDispose]();
    await using _next = await takePlace(place);
  },
});

Deno.test({
  name: "Place is kept to its user, with all that is in it",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    await using _held = await takePlace(place);
    const modeOf = (path: string) => (Deno.lstatSync(path).mode ?? 0) & 0o777;
    assertEquals(
      [`${runtime.path}/processman`, place.folder].map(modeOf),
      [0o700, 0o700],
    );
    assertEquals([place.lock, place.record].map(modeOf), [0o600, 0o600]);
  },
});

Deno.test({
  name: "Place is free again when the program ends by itself or is killed",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    for (const end of ["Deno.exit()", 'Deno.kill(Deno.pid, "SIGKILL")', ""]) {
      await using program = runScript(
        `
        import { claim } from ${CLAIM_MODULE};
        import { placeOfName } from ${PLACE_MODULE};
        const held = await claim(await placeOfName("mine"), {
          name: "mine", pid: Deno.pid, version: "1", startedAt: Date.now(),
          config: null, logs: null, log: null,
        });
        console.log("place" in held);
        ${end}
        `,
        { permission: "-A" },
      );
      await lineOf(program, "true");
      // Without an end of its own, too: the sign of life keeps nothing alive.
      await program.finished;
      const place = await placeOfName("mine");
      assertEquals((await inspect(place)).kind, "died", end);
      await using _held = await takePlace(place);
    }
  },
});

Deno.test({
  name: "Place shows signs of life, and keeps its files",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    const record = recordOf("mine");
    const held = await hold(place, record, { signMs: 5 });
    assert("place" in held);
    await using _held = held;
    await Deno.remove(place.record);
    Deno.utimeSync(place.lock, 1, 1);
    await until(async () => (await inspect(place)).kind === "running");
    await until(() => (Deno.statSync(place.lock).mtime?.getTime() ?? 0) > 1e12);
    assertEquals(await inspect(place), { kind: "running", record });
  },
});

Deno.test({
  name: "Place is taken again after its folder was removed",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    const record = recordOf("mine");
    let restored = 0;
    const held = await hold(place, record, {
      signMs: 5,
      onRestored: () => restored++,
    });
    assert("place" in held);
    await using _held = held;
    await Deno.remove(`${runtime.path}/processman`, { recursive: true });
    await until(() => restored > 0);
    assertEquals(await inspect(place), { kind: "running", record });
    assert("holder" in await claim(place, record));
    assertEquals(restored, 1);
    await held[Symbol.asyncDispose]();
    assertEquals(await inspect(place), { kind: "none" });
  },
});

Deno.test({
  name: "Place that another program has taken meanwhile is left alone",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    const restored: string[] = [];
    const first = await hold(place, recordOf("first"), {
      signMs: 5,
      onRestored: () => restored.push("first"),
    });
    assert("place" in first);
    await Deno.remove(place.folder, { recursive: true });
    const record = recordOf("second");
    const second = await claim(place, record);
    // The first one may have been quicker.
    if ("place" in second) {
      await first[Symbol.asyncDispose]();
      assertEquals(restored, []);
      assertEquals(await inspect(place), { kind: "running", record });
      await second[Symbol.asyncDispose]();
    } else {
      await first[Symbol.asyncDispose]();
    }
    assertEquals(await inspect(place), { kind: "none" });
  },
});

Deno.test({
  name: "Place names the file that a suspended program blocks",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    await using _held = await takePlace(place);
    using _gate = await enterGate(place, { create: true });
    await assertRejects(
      () => enterGate(place, { create: false, withinMs: 10 }),
      PlaceError,
      `Another program has held the lock of "${place.folder}/gate" for 0.01 s: ` +
        "end it, or continue it if it is suspended",
    );
    _gate?.unlockSync();
  },
});

Deno.test({
  name: "Place names what cannot be removed",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    await Deno.mkdir(`${place.socket}/in`, { recursive: true });
    await Deno.chmod(place.folder, 0o700);
    await Deno.chmod(
      place.folder.slice(0, place.folder.lastIndexOf("/")),
      0o700,
    );
    await assertRejects(
      () => takePlace(place),
      PlaceError,
      `"${place.socket}" cannot be removed (`,
    );
    // The lock is free again.
    await Deno.remove(place.socket, { recursive: true });
    await using _held = await takePlace(place);
  },
});

/** Waits until something is the case. */
async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!await check()) await new Promise((resolve) => setTimeout(resolve, 2));
}
