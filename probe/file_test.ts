import { assertEquals, assertThrows } from "@std/assert";
import {
  abortEverywhere,
  Calls,
  descriptors,
  NO_PROCESS,
} from "../tools/probe_testing.ts";
import { Folder, permitted } from "../tools/testing.ts";
import { file, type FileOptions } from "./file.ts";

const ignore = !permitted("read", "write");

Deno.test({
  name: "file() says yes while the file exists, of any kind",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/ready`;
    const calls = new Calls();
    const probe = file(path);
    assertEquals(await calls.ask(probe), `"${path}" does not exist`);
    await Deno.writeTextFile(path, "");
    assertEquals(await calls.ask(probe), true);
    assertEquals(await calls.ask(probe), true);
    await Deno.remove(path);
    assertEquals(await calls.ask(probe), `"${path}" does not exist`);
    assertEquals(await calls.ask(file(new URL(`file://${folder.path}`))), true);
  },
});

Deno.test({
  name: "file() does not count a file of an earlier run until it has changed",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/ready`;
    await Deno.writeTextFile(path, "");
    const [first, second] = [1, 2].map((run) => new Calls(NO_PROCESS, run));
    const [probe, kept] = [file(path), file(path, { fresh: false })];
    assertEquals(await first?.ask(probe), true);
    assertEquals(await first?.ask(kept), true);
    assertEquals(await second?.ask(kept), true);
    assertEquals(await second?.ask(probe), `"${path}" is from an earlier run`);
    assertEquals(await second?.ask(probe), `"${path}" is from an earlier run`);
    await Deno.utime(path, 1, 1);
    assertEquals(await second?.ask(probe), true);
    assertEquals(await second?.ask(probe), true);
  },
});

Deno.test({
  name: "file() does not count what an earlier run wrote last, seen or not",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/ready`;
    const probe = file(path);
    const [first, second, third] = [1, 2, 3]
      .map((run) => new Calls(NO_PROCESS, run));
    assertEquals(await first?.ask(probe), `"${path}" does not exist`);
    await Deno.writeTextFile(path, "");
    first?.end();
    assertEquals(await second?.ask(probe), `"${path}" is from an earlier run`);
    await Deno.utime(path, 1, 1);
    assertEquals(await second?.ask(probe), true);
    await Deno.utime(path, 2, 2);
    second?.end();
    assertEquals(await third?.ask(probe), `"${path}" is from an earlier run`);
    await Deno.utime(path, 3, 3);
    assertEquals(await third?.ask(probe), true);
  },
});

Deno.test({
  name: "file() tells runs of the same number apart, and processes",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = folder.path;
    const probe = file(path);
    const process = { ...NO_PROCESS };
    assertEquals(await new Calls(process).ask(probe), true);
    // The process has been started anew, and counts its runs anew.
    Object.assign(process, { pid: 2 });
    const again = await new Calls(process).ask(probe);
    assertEquals(again, `"${path}" is from an earlier run`);
    assertEquals(await new Calls({ ...NO_PROCESS }).ask(probe), true);
  },
});

Deno.test({
  name: "file() leaves nothing, wherever it is aborted",
  ignore,
  async fn() {
    const before = descriptors();
    await abortEverywhere(file("/"));
    assertEquals(descriptors(), before);
  },
});

Deno.test("file() describes itself", () => {
  const probe = file(new URL("file:///run/a%20b"), { fresh: false });
  assertEquals(probe.name, "file /run/a b");
  const form = { file: { path: "/run/a b", fresh: false } };
  assertEquals(JSON.stringify(probe), JSON.stringify(form));
});

Deno.test("file() checks its options", () => {
  const cases: [unknown, unknown, string][] = [
    ["", {}, 'Option "path" must be a string that is not empty'],
    [7, {}, 'Option "path" must be a string: current value is 7'],
    ["a\0", {}, 'Option "path" must be a string without NUL'],
    [new URL("http://a"), {}, 'Option "path" must be a path or a file: URL'],
    ["/a", { fresh: 1 }, 'Option "fresh" must be true or false'],
    ["/a", { old: true }, 'Option "old" does not exist'],
  ];
  for (const [path, options, message] of cases) {
    const make = () => file(path as string, options as FileOptions);
    assertThrows(make, TypeError, message);
  }
});
