import { assertEquals, assertMatch } from "@std/assert";
import { Folder, permitted } from "../tools/testing.ts";
import { openOwnLog, OwnLog } from "./own_log.ts";

const ignore = !permitted("read", "write");

Deno.test({
  name: "OwnLog writes a time before each message, for its owner alone",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/a/b/supervisor.log`;
    assertEquals(await openOwnLog(path), 0);
    const log = new OwnLog(path);
    log.debug("not written");
    log.info("one");
    log.warn("two");
    log.error("three");
    const text = await Deno.readTextFile(path);
    const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
    const lines = ["INFO one", "WARN two", "ERROR three"];
    const wanted = lines.map((line) => `${time} ${line}\\n`).join("");
    assertMatch(text, new RegExp(`^${wanted}$`));
    assertEquals(await openOwnLog(path), text.length);
    const modeOf = async (path: string) =>
      ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assertEquals(await modeOf(path), 0o600);
    assertEquals(await modeOf(`${folder.path}/a/b`), 0o700);
  },
});

Deno.test({
  name: "OwnLog keeps one older file, and does not grow for ever",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/supervisor.log`;
    const log = new OwnLog(path, 100);
    for (let i = 0; i < 20; i++) log.info(`message ${i}`);
    assertMatch(await Deno.readTextFile(path), /message 19\n$/);
    assertEquals(await Deno.readTextFile(`${path}.1`) !== "", true);
    const files = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
    assertEquals(files.sort(), ["supervisor.log", "supervisor.log.1"]);
  },
});

Deno.test({
  name: "OwnLog that cannot be written ends nothing",
  ignore,
  async fn() {
    await using folder = new Folder();
    await Deno.writeTextFile(`${folder.path}/file`, "");
    const path = `${folder.path}/file/supervisor.log`;
    // A full disk refuses a write as this file refuses to be a folder.
    new OwnLog(path).error("lost");
    assertEquals(await Deno.readTextFile(`${folder.path}/file`), "");
  },
});
