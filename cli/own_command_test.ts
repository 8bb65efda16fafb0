import { assertEquals } from "@std/assert";
import { ownCommand, SUPERVISE } from "./own_command.ts";

const OWN = {
  execPath: "/bin/deno",
  standalone: false,
  module: "https://jsr.io/@isbm/processman/0.1.0/cli/mod.ts",
  args: ["up", "-d"],
  commandLine: undefined,
};

Deno.test("ownCommand() repeats the command line, without the arguments", () => {
  const installed = ["run", "--allow-all", "--config", "/c", "jsr:x/cli"];
  assertEquals(
    ownCommand(
      { ...OWN, commandLine: ["deno", ...installed, "up", "-d"] },
      [SUPERVISE],
    ),
    ["/bin/deno", ...installed, SUPERVISE],
  );
});

Deno.test("ownCommand() does without a command line, or with a strange one", () => {
  const options = ["run", "--quiet", "--no-prompt", "--allow-all"];
  const alone = ["/bin/deno", ...options, "--no-config", "--no-lock"];
  const expected = [...alone, OWN.module, SUPERVISE];
  assertEquals(ownCommand(OWN, [SUPERVISE]), expected);
  for (const commandLine of [[], ["deno"], ["deno", "run", "x", "ps", "-d"]]) {
    assertEquals(ownCommand({ ...OWN, commandLine }, [SUPERVISE]), expected);
  }
  const module = "file:///checkout/cli/mod.ts";
  assertEquals(
    ownCommand({ ...OWN, module }, [SUPERVISE]),
    ["/bin/deno", ...options, module, SUPERVISE],
  );
});

Deno.test("ownCommand() of a compiled program is the program", () => {
  assertEquals(
    ownCommand({ ...OWN, execPath: "/bin/pm", standalone: true }, [SUPERVISE]),
    ["/bin/pm", SUPERVISE],
  );
});
