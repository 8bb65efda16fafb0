import { assertEquals } from "@std/assert";
import { Processman } from "../mod.ts";
import { outputOf, works } from "../tools/testing.ts";

Deno.test({
  name: "docs/users.md: uid alone leaves the group and the home of root",
  ignore: await outputOf("id", "-u") !== "0" || !await works("id", "nobody"),
  async fn() {
    await using pm = new Processman({ logger: null });
    const says = async (options: { uid: number } | { user: string }) => {
      const tell = "id -u; id -g; echo $HOME";
      const process = pm.command("sh", ["-c", tell], options);
      await process.finished;
      return process.tail().map(({ text }) => text);
    };
    const uid = Number(await outputOf("id", "-u", "nobody"));
    const gid = await outputOf("id", "-g", "nobody");
    const home = await outputOf("sh", "-c", "echo $HOME");
    assertEquals(await says({ uid }), [`${uid}`, "0", home]);
    const [, group, userHome] = await says({ user: "nobody" });
    assertEquals(group, gid);
    const entry = await outputOf("getent", "passwd", "nobody");
    assertEquals(userHome, entry.split(":")[5]);
  },
});
