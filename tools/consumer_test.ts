import { assertArrayIncludes, assertEquals } from "@std/assert";
import { denoCommand } from "./deno.ts";
import { publish, stdPackages } from "./jsr.ts";
import { readPackage, root } from "./package.ts";
import { registryEnv } from "./registry.ts";
import { outputOf, permitted } from "./testing.ts";

const program = `
import { Processman } from "jsr:@isbm/processman";

await using pm = new Processman();
const uname = pm.command("uname", ["-a"]);
for await (const line of uname.lines()) console.log(line.text);
console.log((await uname.finished).code);
`;

Deno.test({
  name: "The package works for a program that has nothing but --allow-run",
  ignore: !permitted("read", "write", "net", "env"),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      await using registry = await publish(await readPackage(root));
      const env = registryEnv(registry, `${folder}/cache`);
      await Deno.mkdir(`${folder}/app`);
      await Deno.writeTextFile(`${folder}/app/main.ts`, program);
      const { stdout, stderr } = await denoCommand(
        ["run", "--quiet", "--check", "--allow-run", "--no-prompt", "main.ts"],
        { cwd: `${folder}/app`, env },
      ).output();
      const text = new TextDecoder();
      assertEquals(text.decode(stderr), "");
      assertEquals(
        text.decode(stdout),
        `${await outputOf("uname", "-a")}\n0\n`,
      );
      const entry = new URL(`file://${folder}/app/main.ts`);
      const used = await stdPackages({ env, entry });
      const names = used.map(({ name }) => name);
      assertArrayIncludes(names, ["@std/async", "@std/log"]);
      assertArrayIncludes(await stdPackages(), used);
      // Nothing but the program is left in the folder, as --allow-run promises.
      const files = await Array.fromAsync(Deno.readDir(`${folder}/app`));
      assertEquals(files.map(({ name }) => name), ["main.ts"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
