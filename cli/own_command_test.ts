import { assertEquals } from "@std/assert";
import { backgroundCommand, SUPERVISE } from "./own_command.ts";

const OWN = {
  execPath: "/bin/deno",
  standalone: false,
  module: "https://jsr.io/@isbm/processman/0.1.0/cli/mod.ts",
  args: ["up", "-d"],
  commandLine: undefined,
};

Deno.test("backgroundCommand() repeats the command line, without the arguments", () => {
  const installed = ["run", "--allow-all", "--config", "/c", "jsr:x/cli"];
  assertEquals(
    backgroundCommand({
      ...OWN,
      commandLine: ["deno", ...installed, "up", "-d"],
    }),
    ["/bin/deno", ...installed, SUPERVISE],
  );
});

Deno.test("backgroundCommand() does without a command line, or with a strange one", () => {
  const options = ["run", "--quiet", "--no-prompt", "--allow-all"];
  const alone = ["/bin/deno", ...options, "--no-config", "--no-lock"];
  const expected = [...alone, OWN.module, SUPERVISE];
  assertEquals(backgroundCommand(OWN), expected);
  for (const commandLine of [[], ["deno"], ["deno", "run", "x", "ps", "-d"]]) {
    assertEquals(backgroundCommand({ ...OWN, commandLine }), expected);
  }
  const module = "file:///checkout/cli/mod.ts";
  assertEquals(
    backgroundCommand({ ...OWN, module }),
    ["/bin/deno", ...options, module, SUPERVISE],
  );
});

Deno.test("backgroundCommand() of a compiled program is the program", () => {
  assertEquals(
    backgroundCommand({ ...OWN, execPath: "/bin/pm", standalone: true }),
    ["/bin/pm", SUPERVISE],
  );
});
