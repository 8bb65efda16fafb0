import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { mock } from "node:test";
import type { Line } from "./lines.ts";
import {
  type FileWriter,
  type OutputFileOptions,
  OutputFiles,
} from "./output_file.ts";
import { constant, Processman } from "./mod.ts";
import { systemClock } from "./system.ts";
import { seededRandom } from "./testing/mod.ts";
import { eventOf, outputOf, permitted, runScript } from "./tools/testing.ts";
import { type Filled, given } from "./validate.ts";

const ignore = !permitted("read", "write");

/** A temporary folder, which is removed at the end of a test. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "processman_" });
  readonly log = `${this.path}/log`;

  /** Reads a file and the renamed ones, from the oldest to the newest. */
  async read(path = this.log): Promise<string[]> {
    const texts: string[] = [];
    for (let number = 0;; number++) {
      const file = number === 0 ? path : `${path}.${number}`;
      try {
        texts.unshift(await Deno.readTextFile(file));
      } catch {
        return texts;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Creates a writer for a file, its warnings, and a way to move its clock. */
function open(
  path: string,
  options: Omit<OutputFileOptions, "path"> = {},
): {
  writer: FileWriter;
  files: OutputFiles;
  warnings: string[];
  pass: (ms: number) => void;
} {
  const warnings: string[] = [];
  let now = 1_000;
  const files = new OutputFiles(
    (message) => warnings.push(message),
    { ...systemClock, now: () => now },
  );
  return {
    writer: files.writer("job", filled(path, options)),
    files,
    warnings,
    pass: (ms) => void (now += ms),
  };
}

function filled(
  path: string | URL,
  options: Omit<OutputFileOptions, "path"> = {},
): Filled<OutputFileOptions> {
  const defaults = { maxBytes: 1_000_000, maxFiles: 5, json: false };
  return { path, ...defaults, ...given(options) };
}

function line(text: string): Line {
  return { source: "stdout", text, time: 0, run: 1, truncated: false };
}

function lines(...texts: (string | number)[]): Line[] {
  return texts.map((text) => line(`${text}`));
}

/** Returns the numbers from one to another. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

Deno.test({
  name: "OutputFiles.writer() appends lines to a file",
  ignore,
  async fn() {
    await using folder = new Folder();
    await Deno.writeTextFile(folder.log, "old\ntorn");
    const { writer, warnings } = open(folder.log);
    await writer.write(lines("a", "", "ü\r"));
    await writer.write(lines("b"));
    await writer.close();
    assertEquals(await folder.read(), ["old\ntorn\na\n\nü\r\nb\n"]);
    assertEquals(warnings, []);
  },
});

Deno.test({
  name: "OutputFiles.writer() writes JSON with the source of each line",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer } = open(folder.log, { json: true });
    await writer.write([{
      source: "stderr",
      text: 'a "b" \u0001 ü 𝄞',
      time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      run: 3,
      truncated: true,
    }]);
    await writer.close();
    const [text = ""] = await folder.read();
    assertEquals(text.split("\n").length, 2);
    assertEquals(Object.entries(JSON.parse(text)), [
      ["time", "2026-01-02T03:04:05.678Z"],
      ["process", "job"],
      ["source", "stderr"],
      ["run", 3],
      ["text", 'a "b" \u0001 ü 𝄞'],
      ["truncated", true],
    ]);
  },
});

Deno.test({
  name: "OutputFiles.writer() opens nothing before the first line",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer, files } = open(folder.log);
    await files.reopen();
    await writer.close();
    assertEquals(await folder.read(), []);
  },
});

Deno.test({
  name: "OutputFiles.writer() keeps to its limits, with whole lines",
  ignore,
  async fn() {
    for (let seed = 0; seed < 25; seed++) {
      const random = seededRandom(seed);
      const whole = (most: number) => Math.floor(random() * most);
      const maxBytes = 1 + whole(300);
      const maxFiles = whole(4);
      await using folder = new Folder();
      const { writer, warnings } = open(folder.log, { maxBytes, maxFiles });
      const all: string[] = [];
      for (let batch = 0; batch < 20; batch++) {
        const texts = Array.from(
          { length: 1 + whole(6) },
          (_, i) => `${batch}.${i} ${"ü".repeat(whole(60) * whole(2))}`,
        );
        all.push(...texts);
        await writer.write(lines(...texts));
      }
      await writer.close();

      const texts = await folder.read();
      const names = Array.from(Deno.readDirSync(folder.path));
      assertEquals(names.length, texts.length);
      assert(texts.length <= maxFiles + 1, `seed ${seed}`);
      const kept = texts.join("");
      assert(kept.length > 0 && `\n${all.join("\n")}\n`.endsWith(`\n${kept}`));
      for (const [index, text] of texts.entries()) {
        const { length } = new TextEncoder().encode(text);
        const one = text.indexOf("\n") === text.length - 1;
        assert(text.endsWith("\n") && (one || length <= maxBytes));
        // No file is renamed before it is full.
        const next = texts[index + 1]?.split("\n", 1) ?? [];
        const more = new TextEncoder().encode(next[0]).length + 1;
        assert(next.length === 0 || length + more > maxBytes);
      }
      assertEquals(warnings, []);
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() does not rename a file without a limit",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer } = open(folder.log, { maxBytes: Infinity });
    await writer.write(lines(...range(1, 1_000)));
    await writer.close();
    assertEquals((await folder.read()).length, 1);
  },
});

Deno.test({
  name: "OutputFiles.writer() does not rename what is not a regular file",
  ignore,
  async fn() {
    await using folder = new Folder();
    await outputOf("mkfifo", folder.log);
    using pipe = await Deno.open(folder.log, { read: true, write: true });
    const { writer, warnings } = open(folder.log, {
      maxBytes: 10,
      maxFiles: 0,
    });
    await writer.write(lines(...range(1, 9)));
    await writer.write(lines(...range(1, 9)));
    await writer.close();
    const { isFifo } = await Deno.lstat(folder.log);
    assert(isFifo);
    assertEquals(await pipe.read(new Uint8Array(100)), 36);
    assertEquals(warnings, []);
  },
});

Deno.test({
  name: "OutputFiles opens a file once for several processes",
  ignore,
  async fn() {
    await using folder = new Folder();
    const files = new OutputFiles(
      (message) => assertEquals(message, ""),
      systemClock,
    );
    const writers = [folder.log, new URL(`file://${folder.log}`)].map((path) =>
      files.writer("job", filled(path, { maxBytes: 60, maxFiles: 99 }))
    );
    const written = range(1, 300).map((n) => writers[n % 2]?.write(lines(n)));
    await Promise.all(written);
    await writers[0]?.close();
    await writers[1]?.write(lines(301));
    await writers[1]?.close();
    const texts = await folder.read();
    assertEquals(texts.join(""), range(1, 301).join("\n") + "\n");
    assert(texts.every(({ length }) => length <= 60));
  },
});

Deno.test({
  name: "OutputFiles.reopen() leaves a file that was moved",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer, files } = open(folder.log);
    await writer.write(lines("a"));
    await Deno.rename(folder.log, `${folder.log}.1`);
    const written = writer.write(lines("b"));
    await files.reopen();
    await written;
    await writer.write(lines("c"));
    await writer.close();
    assertEquals(await folder.read(), ["a\nb\n", "c\n"]);
  },
});

Deno.test({
  name: "OutputFiles.writer() notices what happens to its file",
  ignore,
  async fn(t) {
    for (const how of ["moved", "replaced", "removed", "truncated"] as const) {
      await t.step(how, async () => {
        await using folder = new Folder();
        const { writer, warnings, pass } = open(folder.log, { maxBytes: 10 });
        await writer.write(lines("1234567"));
        if (how === "moved") await Deno.rename(folder.log, `${folder.log}.old`);
        if (how === "replaced") {
          await Deno.rename(folder.log, `${folder.log}.old`);
          await Deno.writeTextFile(folder.log, "");
        }
        if (how === "removed") await Deno.remove(folder.log);
        if (how === "truncated") await Deno.truncate(folder.log);
        pass(1_000);
        await writer.write(lines("8901234"));
        await writer.close();
        assertEquals(await folder.read(), ["8901234\n"]);
        assertEquals(warnings, []);
      });
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() warns once, counts what is lost, and recovers",
  ignore,
  async fn() {
    await using folder = new Folder();
    const gone = `${folder.path}/gone`;
    const { writer, warnings, files, pass } = open(`${gone}/log`);
    await writer.write(lines("a", "b"));
    pass(4_999);
    await Deno.mkdir(gone);
    await writer.write(lines("c"));
    assertEquals(await folder.read(`${gone}/log`), [], "tried too early");
    await Deno.remove(gone);
    pass(1);
    await writer.write(lines("d"));
    await files.reopen();
    const [warning = "", ...more] = warnings;
    assertMatch(
      warning,
      /^Cannot write to "\/.*\/gone\/log", lines are lost until it works again: No such file or directory/,
    );
    assertEquals(more, []);

    await Deno.mkdir(gone);
    pass(5_000);
    await writer.write(lines("e"));
    await writer.write(lines("f"));
    assertEquals(await folder.read(`${gone}/log`), ["e\nf\n"]);
    assertEquals(warnings.slice(1), [
      `Writing to "${gone}/log" again: 4 lines were lost`,
    ]);

    // The file is removed while it is open.
    await Deno.remove(gone, { recursive: true });
    pass(1_000);
    await writer.write(lines("g"));
    await writer.close();
    assertEquals(warnings.length, 4);
    assertEquals(
      warnings[3],
      `Cannot write to "${gone}/log": 1 line was lost`,
    );
  },
});

Deno.test({
  name: "OutputFiles.writer() tries again at once when it is reopened",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer, warnings, files } = open(folder.log);
    const denied = mock.method(Deno, "open", () => {
      throw new Deno.errors.PermissionDenied("Permission denied (os error 13)");
    });
    try {
      await writer.write(lines("a"));
    } finally {
      denied.mock.restore();
    }
    await files.reopen();
    await writer.write(lines("b"));
    await writer.close();
    assertEquals(warnings, [
      `Cannot write to "${folder.log}", lines are lost until it works again: Permission denied (os error 13)`,
      `Writing to "${folder.log}" again: 1 line was lost`,
    ]);
    assertEquals(await folder.read(), ["b\n"]);
  },
});

Deno.test({
  name: "OutputFiles.writer() does not prompt for a permission that is revoked",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer, warnings } = open(folder.log);
    const revoked = mock.method(
      Deno.permissions,
      "querySync",
      () => ({ state: "prompt" }),
    );
    try {
      await writer.write(lines("a"));
      await writer.close();
    } finally {
      revoked.mock.restore();
    }
    assertEquals(await folder.read(), []);
    assertMatch(warnings[0] ?? "", /: requires read access to ".*\/log", run/);
  },
});

Deno.test({
  name: "OutputFiles.writer() keeps to its limits when it cannot rename a file",
  ignore,
  async fn() {
    await using folder = new Folder();
    await Deno.mkdir(`${folder.log}.1/full`, { recursive: true });
    const { writer, warnings } = open(folder.log, {
      maxBytes: 10,
      maxFiles: 1,
    });
    await writer.write(lines("1234567", "8901234", "567"));
    await writer.close();
    assertEquals(await Deno.readTextFile(folder.log), "1234567\n");
    assertEquals(warnings.length, 2);
    assertMatch(warnings[1] ?? "", /: 2 lines were lost$/);
  },
});

Deno.test({
  name: "OutputFiles.writer() tears no line on a full disk",
  ignore: ignore || !await mountable(),
  async fn() {
    await using folder = new Folder();
    await outputOf(
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=64k",
      "tmpfs",
      folder.path,
    );
    try {
      const { writer, warnings, pass } = open(folder.log);
      const text = (n: number) => `${n} ${"x".repeat(100)}`;
      for (let n = 1; n <= 1_000; n += 50) {
        await writer.write(lines(...range(n, n + 49).map(text)));
        pass(300);
      }
      assertEquals(warnings.length, 1);
      assertMatch(warnings[0] ?? "", /No space left on device/);
      const [full = ""] = await folder.read();
      assert(full.length > 60_000 && full.endsWith("x\n"));
      const written = full.split("\n").length - 1;
      assertEquals(full, range(1, written).map(text).join("\n") + "\n");

      await Deno.truncate(folder.log);
      pass(5_000);
      await writer.write(lines("room again"));
      await writer.close();
      assertEquals(await folder.read(), ["room again\n"]);
      assertEquals(warnings.slice(1), [
        `Writing to "${folder.log}" again: ${1_000 - written} lines were lost`,
      ]);
    } finally {
      await outputOf("umount", folder.path);
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() writes on after a short write",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { writer, warnings } = open(folder.log);
    await writer.write(lines("a"));
    const { write } = Deno.FsFile.prototype;
    let left = 8;
    const short = mock.method(
      Deno.FsFile.prototype,
      "write",
      function (this: Deno.FsFile, bytes: Uint8Array) {
        if (left === 0) throw new Error("No space left on device");
        const part = bytes.subarray(0, Math.min(3, left));
        left -= part.length;
        return write.call(this, part);
      },
    );
    try {
      await writer.write(lines("b", "c", "déf", "g"));
    } finally {
      short.mock.restore();
    }
    assertEquals(await folder.read(), ["a\nb\nc\n"]);
    await writer.close();
    assertMatch(warnings[1] ?? "", /: 2 lines were lost$/);
  },
});

Deno.test("Processman.command() names the file for which a permission is missing", async () => {
  await using script = runScript(`
    import { Processman } from "${new URL("mod.ts", import.meta.url)}";
    await using pm = new Processman({ logger: null });
    const output = { file: { path: "/var/log/job.log", maxFiles: 1 } };
    try {
      pm.command("sleep", ["500"], { output });
    } catch (error) {
      console.log(error instanceof Deno.errors.NotCapable, error.message);
    }
    console.log([...pm].length);
  `);
  await script.finished;
  assertEquals(script.tail().map(({ text }) => text), [
    'true Cannot write the output of process "sleep" to a file: requires read access to "/var/log/job.log", run again with --allow-read=/var/log --allow-write=/var/log',
    "0",
  ]);
});

Deno.test({
  name: "Processman.command() checks the permissions for all renamed files",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { log } = folder;
    const { state } = Deno.permissions.querySync({ name: "write", path: log });
    assertEquals(state, "granted");
    const query = Deno.permissions.querySync;
    const denied = mock.method(
      Deno.permissions,
      "querySync",
      function (this: Deno.Permissions, descriptor: Deno.PermissionDescriptor) {
        const { name, path } = descriptor as Deno.WritePermissionDescriptor;
        const wrong = name === "write" && path === `${log}.5`;
        return wrong ? { state: "prompt" } : query.call(this, descriptor);
      },
    );
    try {
      await using pm = new Processman({ logger: null });
      const command = (options: Partial<OutputFileOptions>) =>
        pm.command("true", [], { output: { file: { path: log, ...options } } });
      assertThrows(
        () => command({}),
        Deno.errors.NotCapable,
        `requires write access to "${log}.5"`,
      );
      assertEquals([...pm], []);
      command({ maxFiles: 4 });
      command({ maxBytes: Infinity });
    } finally {
      denied.mock.restore();
    }
  },
});

Deno.test({
  name: "Process has written all lines to its file when it has finished",
  ignore,
  async fn() {
    await using folder = new Folder();
    await using pm = new Processman({ logger: null });
    const events = pm.events();
    const job = pm.command(
      "sh",
      ["-c", "seq 20000; printf 'no end' >&2; exit 1"],
      {
        restart: {
          backoff: constant(0),
          limit: { restarts: 9, withinMs: 1e6 },
        },
        output: { file: { path: folder.log, maxBytes: 100_000, maxFiles: 99 } },
      },
    );
    await eventOf(events, "restart");
    const first = (await folder.read()).join("");
    await job.finished;
    const texts = await folder.read();
    assert(texts.length > 10);
    const run = range(1, 20_000).join("\n") + "\n";
    const told = (text: string) => text.replaceAll("no end\n", "");
    assert(told(first).startsWith(run), "a run ends when all is in the file");
    assert(told(texts.join("")) === run.repeat(10));
    assertEquals(texts.join("").match(/no end/g)?.length, 10);
  },
});

Deno.test({
  name: "Processman.reopenFiles() loses nothing while files are moved",
  ignore,
  async fn() {
    await using folder = new Folder();
    await using pm = new Processman({ logger: null });
    const file = { path: folder.log, maxBytes: Infinity, json: true };
    const jobs = range(1, 8).map((n) =>
      pm.command("seq", ["25000"], { name: `${n}`, output: { file } })
    );
    let over = false;
    const finished = pm.finished.then(() => over = true);
    const sizes: number[] = [];
    let moved = 0;
    while (!over) {
      const { size } = await Deno.stat(folder.log).catch(() => ({ size: 0 }));
      if (size === 0) continue;
      const old = `${folder.path}/old.${++moved}`;
      await Deno.rename(folder.log, old);
      await pm.reopenFiles();
      // Nothing writes to the old file from now on.
      await Deno.rename(old, `${folder.path}/closed.${moved}`);
      const { size: closed } = await Deno.stat(
        `${folder.path}/closed.${moved}`,
      );
      sizes.push(closed);
    }
    await finished;
    assert(moved > 1);
    const last = new Map(jobs.map(({ name }) => [name, 0]));
    for (let n = 1; n <= moved + 1; n++) {
      const path = n > moved ? folder.log : `${folder.path}/closed.${n}`;
      const text = await Deno.readTextFile(path).catch(() => "");
      if (n <= moved) assertEquals(text.length, sizes[n - 1]);
      for (const each of text.split("\n").slice(0, -1)) {
        const { process, text } = JSON.parse(each);
        assertEquals(Number(text), (last.get(process) ?? NaN) + 1);
        last.set(process, Number(text));
      }
    }
    assertEquals([...last.values()], jobs.map(() => 25_000));
  },
});

/** Returns whether a file system can be mounted. */
async function mountable(): Promise<boolean> {
  if (ignore) return false;
  await using folder = new Folder();
  const mount = "mount -t tmpfs -o size=64k tmpfs $0 && umount $0 && echo yes";
  return await outputOf("sh", "-c", mount, folder.path) === "yes";
}
