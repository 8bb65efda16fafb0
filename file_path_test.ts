import { assert, assertEquals, assertThrows } from "@std/assert";
import { absolutePath, targetOf } from "./file_path.ts";
import { Folder, outputOf, permitted, runScript } from "./tools/testing.ts";

const ignore = !permitted("read", "write");

/** Returns what a path leads to. */
function target(path: string): [kind: string, path: string] {
  const { kind, path: found } = targetOf(path, "output.file.path", "");
  return [kind, found];
}

Deno.test("targetOf() needs no permission for the streams of this program", () => {
  const names = {
    stdout: ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "//dev/./stdout"],
    stderr: [
      "/dev/stderr",
      "/dev/fd/2",
      "/dev/shm/../stderr",
      `/proc/${Deno.pid}/fd/2`,
      "/proc/thread-self/fd/2",
    ],
  };
  for (const [kind, paths] of Object.entries(names)) {
    for (const path of paths) {
      assertEquals(target(path), [kind, `/dev/${kind}`]);
    }
  }
});

Deno.test({
  name: "targetOf() follows the descriptors of this program",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    await using folder = new Folder();
    const at = await Deno.realPath(folder.path);
    await outputOf("mkfifo", `${at}/fifo`);
    using _pipe = Deno.openSync(`${at}/fifo`, { read: true, write: true });
    using _file = Deno.openSync(`${at}/a`, { create: true, write: true });
    const links = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => {
      const path = `/proc/self/fd/${name}`;
      try {
        return { path, to: Deno.readLinkSync(path) };
      } catch {
        return { path, to: "" }; // that of the folder itself
      }
    });
    const pathTo = (to: string) =>
      links.find((link) => link.to === to)?.path ?? "";
    assertEquals(target(pathTo(`${at}/a`)), ["file", `${at}/a`]);
    assertThrows(() => target(pathTo(`${at}/fifo`)), TypeError, "not a FIFO");
    const { path } = links.find(({ to }) => to.startsWith("anon_inode")) ?? {};
    assert(path !== undefined);
    assertThrows(() => target(path), TypeError, "a regular file, not a ");
  },
});

Deno.test({
  name: "targetOf() gives each file one path",
  ignore,
  async fn() {
    await using folder = new Folder();
    const at = await Deno.realPath(folder.path);
    await Deno.mkdir(`${at}/logs`);
    await Deno.writeTextFile(`${at}/logs/a`, "");
    await Deno.symlink("logs", `${at}/folder`);
    await Deno.symlink("logs/a", `${at}/relative`);
    await Deno.symlink(`${at}/folder/a`, `${at}/absolute`);
    await Deno.symlink("absolute", `${at}/twice`);
    await Deno.symlink("logs/new", `${at}/dangling`);
    await Deno.symlink("/dev/stdout", `${at}/out`);
    await Deno.symlink("/dev", `${at}/devices`);
    await Deno.symlink("/dev/null", `${at}/null`);
    for (
      const path of [
        "logs/a",
        "./logs//a",
        "logs/../logs/a",
        "folder/a",
        "folder/../logs/a",
        "relative",
        "absolute",
        "twice",
      ]
    ) assertEquals(target(`${at}/${path}`), ["file", `${at}/logs/a`], path);
    const others: [string, string, string][] = [
      ["logs/new", "file", `${at}/logs/new`],
      ["dangling", "file", `${at}/logs/new`],
      ["no/./folder//x/../new", "file", `${at}/no/folder/new`],
      ["out", "stdout", "/dev/stdout"],
      ["devices/stderr", "stderr", "/dev/stderr"],
      ["null", "device", "/dev/null"],
    ];
    for (const [path, ...found] of others) {
      assertEquals(target(`${at}/${path}`), found, path);
    }
  },
});

Deno.test({
  name: "targetOf() refuses what output cannot be written to",
  ignore: ignore || !permitted("net"),
  async fn() {
    await using folder = new Folder();
    const at = folder.path;
    await outputOf("mkfifo", `${at}/fifo`);
    await Deno.mkdir(`${at}/folder`);
    using _ = Deno.listen({ transport: "unix", path: `${at}/socket` });
    for (const name of ["fifo", "folder", "socket", "circle"]) {
      await Deno.symlink(
        name,
        `${at}/${name === "circle" ? name : `l-${name}`}`,
      );
    }
    const cases = [
      ["fifo", "a regular file, not a FIFO"],
      ["l-fifo", "a regular file, not a FIFO"],
      ["socket", "a regular file, not a socket"],
      ["l-socket", "a regular file, not a socket"],
      ["folder", "a regular file, not a directory"],
      ["folder/", "a regular file, not a directory"],
      ["folder/.", "a regular file, not a directory"],
      ["l-folder", "a regular file, not a directory"],
      ["new/", "a regular file, not a directory"],
      ["circle", "a path without a loop of links"],
    ];
    for (const [path, expected] of cases) {
      assertThrows(
        () => target(`${at}/${path}`),
        TypeError,
        `Option "output.file.path" must be ${expected}: current value is "`,
        path,
      );
    }
  },
});

Deno.test("absolutePath() needs a directory for relative paths alone", () => {
  assertEquals(absolutePath("/a", "cwd", undefined), "/a");
  assertEquals(
    absolutePath(new URL("file:///a%20b"), "cwd", undefined),
    "/a b",
  );
  assertThrows(
    () => absolutePath("a", "cwd", undefined),
    Deno.errors.NotFound,
    'Cannot resolve option "cwd": the working directory of this program has been deleted: current value is "a"',
  );
});

Deno.test("absolutePath() takes only paths from / as absolute", () => {
  for (const path of ["c:a.log", "C:/a.log", "\\a.log", "//"]) {
    const wanted = path.startsWith("/") ? path : `/home/${path}`;
    assertEquals(absolutePath(path, "cwd", "/home"), wanted);
  }
});

Deno.test("absolutePath() reads URLs as Deno does, or refuses them", () => {
  const paths = { "/100%": "/100%", "/%zz": "/%zz", "/%41%2fb?c#d": "/A/b" };
  for (const [url, path] of Object.entries(paths)) {
    assertEquals(absolutePath(new URL(`file://${url}`), "cwd", ""), path);
  }
  for (const url of ["file:///%ff", "file:///a%00b", "file://host/a"]) {
    assertThrows(
      () => absolutePath(new URL(url), "cwd", ""),
      TypeError,
      `Option "cwd" must be a file: URL without a host, with a path in UTF-8 and without NUL: current value is "${url}"`,
    );
  }
});

Deno.test({
  name: "targetOf() has no file renamed that a descriptor or device leads to",
  ignore: ignore || Deno.build.os !== "linux" || !permitted("run"),
  async fn() {
    await using folder = new Folder();
    const log = `${await Deno.realPath(folder.path)}/log`;
    using file = await Deno.open(log, { append: true, create: true });
    const descriptor = await descriptorOf(log);
    await Deno.symlink(`/dev/fd/${descriptor}`, `${folder.path}/link`);
    const paths = [
      `/dev/fd/${descriptor}`,
      `/proc/self/fd/${descriptor}`,
      `/proc/${Deno.pid}/task/${Deno.pid}/fd/${descriptor}`,
      `${folder.path}/link`,
    ];
    for (const path of paths) {
      assertEquals(
        targetOf(path, "output.file.path", ""),
        { kind: "file", path: log, renamable: false },
      );
    }
    assertEquals(targetOf(log, "output.file.path", "").renamable, true);
    await Deno.remove(log);
    for (const path of paths) {
      assertThrows(
        () => target(path),
        TypeError,
        "must be a regular file, not a file that has been deleted",
      );
    }
    await file.write(new Uint8Array());
  },
});

/** Returns the number of the descriptor with which a file is open. */
async function descriptorOf(path: string): Promise<string> {
  for await (const { name } of Deno.readDir("/proc/self/fd")) {
    const at = await Deno.readLink(`/proc/self/fd/${name}`).catch(() => "");
    if (at === path) return name;
  }
  throw new Error(`${path} is not open`);
}

Deno.test({
  name: "Processman.command() names the permission that a link needs",
  ignore,
  async fn() {
    await using folder = new Folder();
    const at = await Deno.realPath(folder.path);
    const links = {
      full: "/dev/full",
      other: "/nowhere/log",
      out: "/dev/stdout",
      devices: "/dev",
    };
    for (const [name, path] of Object.entries(links)) {
      await Deno.symlink(path, `${at}/${name}`);
    }
    const here = ["--allow-run", `--allow-read=${at}`, `--allow-write=${at}`];
    const files = ["--allow-run", "--allow-read", "--allow-write"];
    const nothing = ["--allow-read=/dev/null", "--allow-write=/dev/null"];
    const all = '/dev/full", run again with --allow-all';
    const cases: [flags: string[], path: string, message: string][] = [
      [["--allow-run"], "/dev/full", `all access to "${all}`],
      [files, "/dev/full", `all access to "${all}`],
      [files, `${at}/full`, `all access to "${all}`],
      [here, `${at}/full`, `all access to "${all}`],
      [["--allow-run"], `${at}/out`, `read access to "${at}/out", run again`],
      [here, `${at}/other`, 'read access to "/nowhere/log", run again with '],
      [files, `${at}/devices/full`, `all access to "${all}`],
      [files, "/./dev/full", `all access to "${all}`],
      [files, "/dev/null", "none"],
      [
        ["--allow-run"],
        "/dev/null",
        'read access to "/dev/null", run again with ' + nothing.join(" "),
      ],
      [["--allow-run", ...nothing], "/dev/null", "none"],
      [files, `${at}/log`, "none"],
      [here, `${at}/out`, "none"],
      [here, "/dev/stdout", "none"],
      [
        [...here, `--deny-write=${at}/log.2`],
        `${at}/log`,
        `write access to "${at}/log.2", run again without --deny-write=${at}/log.2`,
      ],
      [
        [...files, `--deny-read=${at}`],
        `${at}/log`,
        `read access to "${at}/log", run again without --deny-read=${at}/log`,
      ],
      [["--allow-run"], "/dev/stderr", "none"],
    ];
    for (const [flags, path, message] of cases) {
      await using script = runScript(
        `
        import { Processman } from "${import.meta.resolve("./mod.ts")}";
        await using pm = new Processman({ logger: null });
        try {
          const output = { file: { path: ${JSON.stringify(path)} } };
          pm.command("true", [], { output });
          console.log("none");
        } catch (error) {
          console.log(error.message, error instanceof Deno.errors.NotCapable);
        }`,
        { permission: flags[0] ?? "", flags: flags.slice(1) },
      );
      await script.finished;
      const [text = ""] = script.tail().map(({ text }) => text);
      const found = text.includes(message) &&
        (message === "none" || text.endsWith(" true"));
      assertEquals(found, true, `${flags} ${path}: ${text}`);
    }
  },
});
