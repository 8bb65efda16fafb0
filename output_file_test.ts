import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { mock } from "node:test";
import {
  type FileRules,
  type OutputFileOptions,
  OutputFiles,
  type Writer,
} from "./output_file.ts";
import type { RawLines } from "./raw_lines.ts";
import { constant, Processman } from "./mod.ts";
import { systemClock } from "./system.ts";
import { seededRandom } from "./testing/mod.ts";
import { turn } from "./tools/output_testing.ts";
import {
  eventOf,
  Folder,
  outputOf,
  permitted,
  runScript,
} from "./tools/testing.ts";
import { given } from "./validate.ts";

const ignore = !permitted("read", "write");

/** Creates a writer for a file, its warnings, and a way to move its clock. */
function open(
  path: string,
  options: Omit<OutputFileOptions, "path"> = {},
): {
  writer: Writer<RawLines>;
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
    writer: rawWriter(files, filled(path, options)),
    files,
    warnings,
    pass: (ms) => void (now += ms),
  };
}

function filled(
  path: string | URL,
  options: Omit<OutputFileOptions, "path"> = {},
): FileRules {
  const defaults = { maxBytes: 1_000_000, maxFiles: 5, json: false };
  return { path, ...defaults, ...given(options) };
}

/** Returns a writer that takes lines as bytes. */
function rawWriter(files: OutputFiles, rules: FileRules): Writer<RawLines> {
  const writer = files.writer("job", rules);
  assert(writer.raw);
  return writer;
}

function lines(...texts: (string | number)[]): RawLines[] {
  const encoder = new TextEncoder();
  return texts.map((text) => ({
    source: "stdout",
    bytes: encoder.encode(`${text}\n`),
  }));
}

/** What can be at a path, other than a regular file, and how to make it. */
const OTHERS: Record<string, (path: string) => Promise<unknown>> = {
  "a FIFO": (path) => outputOf("mkfifo", path),
  "a directory": (path) => Deno.mkdir(path),
  "a link": (path) => Deno.symlink("other", path),
};

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
    const files = new OutputFiles(() => {}, systemClock);
    const writer = files.writer("job", filled(folder.log, { json: true }));
    assert(!writer.raw);
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
  name: "OutputFiles opens a file once for several processes",
  ignore,
  async fn() {
    await using folder = new Folder();
    const files = new OutputFiles(
      (message) => assertEquals(message, ""),
      systemClock,
    );
    const writers = [folder.log, new URL(`file://${folder.log}`)].map((path) =>
      rawWriter(files, filled(path, { maxBytes: 60, maxFiles: 99 }))
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
    await Deno.writeTextFile(gone, "not a folder");
    const { writer, warnings, files, pass } = open(`${gone}/log`);
    await writer.write(lines("a", "b"));
    pass(4_999);
    await Deno.remove(gone);
    await writer.write(lines("c"));
    assertEquals(await folder.read(`${gone}/log`), [], "tried too early");
    await Deno.writeTextFile(gone, "not a folder");
    pass(1);
    await writer.write(lines("d"));
    await files.reopen();
    const [warning = "", ...more] = warnings;
    assertMatch(
      warning,
      /^Cannot write to "\/.*\/gone\/log": lines are lost until a write succeeds: Not a directory/,
    );
    assertEquals(more, []);

    await Deno.remove(gone);
    pass(5_000);
    await writer.write(lines("e"));
    await writer.write(lines("f"));
    assertEquals(await folder.read(`${gone}/log`), ["e\nf\n"]);
    assertEquals(warnings.slice(1), [
      `Writing to "${gone}/log" again: 4 lines were lost`,
    ]);

    // The file is removed while it is open.
    await Deno.remove(gone, { recursive: true });
    await Deno.writeTextFile(gone, "not a folder");
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
  name: "OutputFiles.writer() creates the folder of its file",
  ignore,
  async fn() {
    await using folder = new Folder();
    const inside = `${folder.path}/logs/web`;
    const { writer, warnings, pass } = open(`${inside}/log`);
    await writer.write(lines("a"));
    assertEquals(await folder.read(`${inside}/log`), ["a\n"]);
    await Deno.remove(inside, { recursive: true });
    pass(1_000);
    await writer.write(lines("b"));
    await writer.close();
    assertEquals(await folder.read(`${inside}/log`), ["b\n"]);
    assertEquals(warnings, []);
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
      `Cannot write to "${folder.log}": lines are lost until a write succeeds: Permission denied (os error 13)`,
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

Deno.test({
  name:
    "OutputFiles.writer() opens nothing that has taken the place of its file",
  ignore,
  async fn(t) {
    for (const [what, replace] of Object.entries(OTHERS)) {
      await t.step(what, async () => {
        await using folder = new Folder();
        const { log } = folder;
        await Deno.writeTextFile(`${folder.path}/other`, "of others\n");
        const { writer, warnings, pass, files } = open(log, { maxBytes: 10 });
        await writer.write(lines("1234567"));
        await Deno.rename(log, `${folder.path}/old`);
        await replace(log);
        pass(1_000);
        await writer.write(lines("lost", "lost, too"));
        assertEquals(warnings, [
          `Cannot write to "${log}": lines are lost until a write succeeds: "${log}" is ${what}, not a regular file`,
        ]);
        await Deno.remove(log);
        await files.reopen();
        await writer.write(lines("8901234"));
        await writer.close();
        assertEquals(warnings.slice(1), [
          `Writing to "${log}" again: 2 lines were lost`,
        ]);
        assertEquals(await folder.read(), ["8901234\n"]);
        const other = await Deno.readTextFile(`${folder.path}/other`);
        assertEquals(other, "of others\n");
      });
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() renames regular files alone",
  ignore,
  async fn(t) {
    for (const [what, make] of Object.entries(OTHERS)) {
      for (const number of [1, 2]) {
        await t.step(`${what} with the number ${number}`, async () => {
          await using folder = new Folder();
          const at = `${folder.log}.${number}`;
          await Deno.writeTextFile(`${folder.log}.1`, "old\n");
          if (number === 1) await Deno.remove(at);
          await make(at);
          const before = await Deno.lstat(at);
          const { writer, warnings } = open(folder.log, {
            maxBytes: 10,
            maxFiles: 2,
          });
          await writer.write(lines("1234567", "8901234", "567"));
          await writer.close();
          const { ino, isFile } = await Deno.lstat(at);
          assertEquals([ino, isFile], [before.ino, false]);
          assertEquals(await Deno.readTextFile(folder.log), "1234567\n");
          assertMatch(
            warnings[0] ?? "",
            new RegExp(`log.${number}" is ${what}`),
          );
          assertMatch(warnings[1] ?? "", /: 2 lines were lost$/);
        });
      }
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() renames the target of a link, not the link",
  ignore,
  async fn() {
    await using folder = new Folder();
    await Deno.mkdir(`${folder.path}/logs`);
    const target = `${folder.path}/logs/web`;
    await Deno.symlink("logs/web", folder.log);
    const { writer, warnings } = open(folder.log, { maxBytes: 10 });
    await writer.write(lines("1234567", "8901234"));
    // The link is followed once.
    await Deno.remove(folder.log);
    await Deno.symlink("elsewhere", folder.log);
    await writer.write(lines("5678901"));
    await writer.close();
    assertEquals(await folder.read(target), [
      "1234567\n",
      "8901234\n",
      "5678901\n",
    ]);
    assertEquals(await Deno.readLink(folder.log), "elsewhere");
    const names = Array.from(Deno.readDirSync(folder.path), ({ name }) => name);
    assertEquals(names.sort(), ["log", "logs"]);
    assertEquals(warnings, []);
  },
});

Deno.test({
  name: "OutputFiles.writer() renames nothing below /dev",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    const path = await Deno.makeTempFile({ dir: "/dev/shm" });
    try {
      const { writer, warnings } = open(path, { maxBytes: 10, maxFiles: 0 });
      await writer.write(lines(...range(1, 30)));
      await writer.close();
      const text = await Deno.readTextFile(path);
      assertEquals(text, range(1, 30).join("\n") + "\n");
      assertEquals(warnings, []);
    } finally {
      for await (const { name } of Deno.readDir("/dev/shm")) {
        const each = `/dev/shm/${name}`;
        if (each.startsWith(path)) await Deno.remove(each);
      }
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() writes to a device",
  ignore,
  async fn() {
    const { writer, warnings } = open("/dev/full", { maxBytes: 10 });
    await writer.write(lines("a", "b"));
    await writer.close();
    assertEquals(warnings.length, 2);
    assertMatch(
      warnings[0] ?? "",
      /^Cannot write to "\/dev\/full": .*No space/,
    );
    assertMatch(warnings[1] ?? "", /: 2 lines were lost$/);

    const other = open("/dev/null");
    await other.writer.write(lines("a"));
    await other.writer.close();
    assertEquals(other.warnings, []);
  },
});

Deno.test({
  name: "OutputFiles opens a file once, however its path is spelled",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { path, log } = folder;
    await Deno.mkdir(`${path}/sub`);
    await Deno.symlink(path, `${path}/sub/up`);
    await Deno.symlink("log", `${path}/link`);
    const { files, warnings } = open(log);
    const writers = [
      log,
      `${path}/./log`,
      `${path}//sub/../log`,
      `${path}/sub/up/log`,
      `${path}/link`,
      new URL(`file://${path}/link`),
    ].map((each) =>
      rawWriter(files, filled(each, { maxBytes: 60, maxFiles: 99 }))
    );
    const written = range(1, 300)
      .map((n) => writers[n % writers.length]?.write(lines(n)));
    await Promise.all(written);
    for (const writer of writers) await writer.close();
    const texts = await folder.read();
    assertEquals(texts.join(""), range(1, 300).join("\n") + "\n");
    assert(texts.every(({ length }) => length <= 60));
    assertEquals(warnings, []);
  },
});

Deno.test({
  name: "OutputFiles loses nothing of a file that has two names",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { log } = folder;
    const other = `${folder.path}/other`;
    await Deno.writeTextFile(log, "");
    await Deno.link(log, other);
    const { files, warnings } = open(log);
    const rules = { maxBytes: 60, maxFiles: 99 };
    const writers = [log, other]
      .map((path) => rawWriter(files, filled(path, rules)));
    for (const n of range(1, 300)) await writers[n % 2]?.write(lines(n));
    for (const writer of writers) await writer.close();
    const texts = [...await folder.read(), ...await folder.read(other)];
    const found = new Set(texts.join("").trim().split("\n").map(Number));
    assertEquals([...found].sort((a, b) => a - b), range(1, 300));
    assertEquals(warnings, []);
  },
});

Deno.test({
  name: "OutputFiles.writer() renames the files before the first free number",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { log } = folder;
    for (const number of [1, 2, 4]) {
      await Deno.writeTextFile(`${log}.${number}`, `${number}\n`);
    }
    const { writer } = open(log, { maxBytes: 2, maxFiles: 1_000 });
    const renamed = mock.method(Deno, "rename");
    try {
      await writer.write(lines("a", "b"));
      assertEquals(renamed.mock.callCount(), 3);
      await writer.write(lines("c"));
      assertEquals(renamed.mock.callCount(), 3 + 5);
    } finally {
      renamed.mock.restore();
    }
    await writer.close();
    const texts = ["4", "2", "1", "a", "b", "c"].map((text) => `${text}\n`);
    assertEquals(await folder.read(), texts);
  },
});

Deno.test({
  name: "OutputFiles.writer() does little in each turn of a long rotation",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { log } = folder;
    for (const number of range(1, 1_000)) {
      await Deno.writeTextFile(`${log}.${number}`, "");
    }
    const { writer } = open(log, { maxBytes: 2, maxFiles: 1_000 });
    await writer.write(lines("a"));
    let [calls, most, over] = [0, 0, false];
    const { lstat, rename, permissions } = Deno;
    const query = permissions.querySync;
    const counted = [
      mock.method(Deno, "lstat", (path: string) => {
        calls++;
        return lstat(path);
      }),
      mock.method(Deno, "rename", (from: string, to: string) => {
        calls++;
        return rename(from, to);
      }),
      mock.method(permissions, "querySync", (of: Deno.PermissionDescriptor) => {
        calls++;
        return query.call(permissions, of);
      }),
    ];
    try {
      const rotation = writer.write(lines("b")).then(() => over = true);
      while (!over) {
        most = Math.max(most, calls);
        calls = 0;
        await turn();
      }
      await rotation;
    } finally {
      for (const { mock } of counted) mock.restore();
    }
    await writer.close();
    assertEquals(await Deno.readTextFile(`${log}.1`), "a\n");
    // In a turn, a rotation of 1,000 files used to make 2,002 calls at once.
    assert(most < 500, `${most} calls in one turn`);
  },
});

Deno.test({
  name: "OutputFiles.writer() writes stderr to a file of its own",
  ignore,
  async fn(t) {
    for (const json of [false, true]) {
      await t.step(json ? "as JSON" : "as text", async () => {
        await using folder = new Folder();
        await using pm = new Processman({ logger: null });
        const stderr = new URL(`file://${folder.path}/errors`);
        const file = { path: folder.log, stderr, maxBytes: 2_000, json };
        const script = "for i in $(seq 99); do echo $i; echo E$i >&2; done";
        const job = pm.command("sh", ["-c", script], {
          output: { file: { ...file, maxFiles: 99 } },
        });
        await job.finished;
        const read = async (path: string) => {
          const text = (await folder.read(path)).join("");
          if (!json) return text;
          return text.split("\n").slice(0, -1)
            .map((line) => `${JSON.parse(line).text}\n`).join("");
        };
        const numbers = range(1, 99).map((n) => `${n}\n`);
        assertEquals(await read(folder.log), numbers.join(""));
        const errors = numbers.map((text) => `E${text}`).join("");
        assertEquals(await read(stderr.pathname), errors);
      });
    }
  },
});

Deno.test({
  name: "OutputFiles.writer() keeps the order of outputs that share a file",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { files } = open(folder.log);
    const stderr = `${folder.path}/./log`;
    const writer = rawWriter(files, { ...filled(folder.log), stderr });
    const some = lines(1, 2, 3, 4).map((each, i) =>
      i % 2 === 0 ? each : { ...each, source: "stderr" as const }
    );
    await writer.write(some);
    await writer.close();
    assertEquals(await folder.read(), ["1\n2\n3\n4\n"]);
  },
});

Deno.test({
  name: "OutputFiles.writer() refuses to rename its two files to each other",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { files } = open(folder.log);
    const write = (path: string, stderr: string, maxFiles: number) =>
      files.writer("job", { ...filled(path, { maxFiles }), stderr });
    for (const end of [".1", "/../log.5"]) {
      const other = folder.log + end;
      for (const [path, stderr] of [[folder.log, other], [other, folder.log]]) {
        assertThrows(
          () => write(path as string, stderr as string, 5),
          TypeError,
          'Option "output.file.stderr" must be a path that differs from "output.file.path" in more than the number of a renamed file: current value is "',
        );
      }
    }
    for (const end of [".0", ".6", ".01", ".1.gz", "1"]) {
      write(folder.log, folder.log + end, 5);
    }
    write(folder.log, `${folder.log}.1`, 0);
  },
});

Deno.test({
  name: "Processman.command() refuses a file of stderr that is none",
  ignore,
  async fn() {
    await using folder = new Folder();
    await using pm = new Processman({ logger: null });
    for (
      const [stderr, message] of [
        [folder.path, "must be a regular file, not a directory: current value"],
        [5, "must be a string: current value is 5"],
        ["", "must be a string that is not empty"],
      ] as const
    ) {
      const file = { path: folder.log, stderr: stderr as string };
      assertThrows(
        () => pm.command("true", [], { output: { file } }),
        TypeError,
        `Option "output.file.stderr" ${message}`,
      );
    }
    assertEquals([...pm], []);
  },
});

Deno.test({
  name: "Process writes to its file what is not UTF-8, as it is",
  ignore,
  async fn() {
    await using folder = new Folder();
    await using pm = new Processman({ logger: null });
    const json = `${folder.path}/json`;
    const script = String.raw`printf 'a\377\351\r\n\r\n\303'; printf '\200z'`;
    for (const file of [{ path: folder.log }, { path: json, json: true }]) {
      await pm.command("sh", ["-c", script], { output: { file } }).finished;
    }
    assertEquals(
      await Deno.readFile(folder.log),
      Uint8Array.of(97, 0xff, 0xe9, 10, 10, 0xc3, 0x80, 122, 10),
    );
    const texts = (await Deno.readTextFile(json)).trim().split("\n")
      .map((line) => JSON.parse(line).text);
    assertEquals(texts.join("|"), "a\ufffd\ufffd||\u00c0z");
  },
});

Deno.test({
  name: "Process writes to the same file in each of its lives",
  ignore,
  async fn() {
    await using folder = new Folder();
    const at = await Deno.realPath(folder.path);
    await Deno.mkdir(`${at}/a/sub`, { recursive: true });
    await Deno.mkdir(`${at}/b/sub`, { recursive: true });
    await using script = runScript(
      `
      import { Processman } from "${import.meta.resolve("./mod.ts")}";
      Deno.chdir("${at}/a");
      await using pm = new Processman({ logger: null });
      const show = async (job) => {
        await job.finished;
        Deno.chdir("${at}/b");
        await job.start();
        await job.finished;
        Deno.chdir("${at}/a");
        console.log(job.name);
      };
      const file = { path: "log" };
      for (const options of [{}, { cwd: "sub" }, { prepare: () => ({ cwd: "sub" }) }]) {
        await show(pm.command("pwd", [], { ...options, output: { file } }));
      }
      await Deno.writeTextFile("own", "#!/bin/sh\\necho own; pwd", { mode: 0o755 });
      await show(pm.command("./own", [], { output: { file } }));
      `,
      { permission: "-A" },
    );
    await script.finished;
    assertEquals(script.tail().map(({ text }) => text).length, 4);
    assertEquals(
      await Deno.readTextFile(`${at}/a/log`),
      [`${at}/a`, `${at}/a/sub`, `${at}/a/sub`, `own\n${at}/a`]
        .map((text) => `${text}\n${text}\n`).join(""),
    );
    assertEquals(await Deno.stat(`${at}/b/log`).catch(() => "none"), "none");
  },
});

/** Returns whether a file system can be mounted. */
async function mountable(): Promise<boolean> {
  if (ignore) return false;
  await using folder = new Folder();
  const mount = "mount -t tmpfs -o size=64k tmpfs $0 && umount $0 && echo yes";
  return await outputOf("sh", "-c", mount, folder.path) === "yes";
}
