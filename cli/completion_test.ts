import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import { optionsOf } from "./command_spec.ts";
import { type Wanted, wantedAt } from "./completion.ts";

/** Returns what can stand at the end of a line, as words or as a kind. */
function at(line: string): string[] | Wanted {
  const wanted = wantedAt(line.split(" "));
  return wanted.kind === "words"
    ? wanted.words.map(({ word }) => word)
    : wanted;
}

/** The names that are wanted, without what is nothing. */
function names(line: string): object {
  const wanted = wantedAt(line.split(" "));
  assertEquals(wanted.kind, "names", line);
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) =>
      key !== "kind" && value !== undefined && value.length > 0
    ),
  );
}

Deno.test("wantedAt() knows commands and options", () => {
  const commands = [...COMMANDS.map(({ name }) => name), "help"];
  for (const line of ["", "st", "-f a.yaml ", "-fa ", "--file=a.yaml "]) {
    assertEquals(at(line), commands);
  }
  assertEquals(at("help "), commands.slice(0, -1));
  assertEquals(at("nope "), []);
  assertEquals(at("help st more "), commands.slice(0, -1));
  assertEquals(at("-"), [
    "--file",
    "--supervisor",
    "--help",
    "--profile",
    "--version",
  ]);
  for (const command of COMMANDS) {
    const all = optionsOf(command).map(({ long }) => `--${long}`);
    assertEquals(at(`${command.name} --`), all);
    assertEquals(at(`${command.name} -- -`), at(`${command.name} -- `));
  }
  // An option is not given twice, unless that has a meaning.
  const left = JSON.stringify(at("up --wait -d -f a --"));
  assert(!/--wait"|--detach/.test(left) && left.includes("--file"), left);
  assertStringIncludes(JSON.stringify(at("logs -f")), '"-f"');
});

Deno.test("wantedAt() knows the values of options", () => {
  const levels = ["debug", "info", "warn", "error"];
  assertEquals(at("logs --level "), levels);
  assertEquals(at("logs --level=w"), levels.map((each) => `--level=${each}`));
  assertEquals(at("logs --follow=w"), []);
  assertEquals(at("logs --lines "), []);
  assertEquals(at("ps -f "), { kind: "files", before: "" });
  assertEquals(at("ps --file=a"), { kind: "files", before: "--file=" });
  assertEquals(names("ps -S "), { of: "supervisor" });
  assertEquals(names("logs -fnS "), names("logs "));
  assertEquals(names("logs -fS "), { of: "supervisor" });
  assertEquals(names("logs -fn5 -S=x "), { of: "process", supervisor: "x" });
  assertEquals(names("--supervisor=sh"), {
    of: "supervisor",
    before: "--supervisor=",
  });
  assertEquals(names("up --profile "), { of: "profile" });
});

Deno.test("wantedAt() knows what the names of a command are", () => {
  assertEquals(names("stop "), { of: "process" });
  assertEquals(names("-S shop stop --timeout 5s api w"), {
    of: "process",
    given: ["api"],
    supervisor: "shop",
  });
  // Its -f is another one than that before the command.
  assertEquals(names("-f a.yaml logs -f "), {
    of: "process",
    files: ["a.yaml"],
  });
  assertEquals(names("logs -- -"), { of: "process" });
  assertEquals(names("scale api=3 "), { of: "count", given: ["api=3"] });
  assertStringIncludes(JSON.stringify(at("signal ")), '"HUP"');
  assertEquals(names("signal HUP "), { of: "process", given: ["HUP"] });
  assertEquals(at("export "), ["systemd", "compose", "kubernetes"]);
  assertEquals(at("export systemd "), []);
  assertEquals(names("run "), { of: "entry" });
  assertEquals(at("run api -- sl"), { kind: "program", from: 3 });
  assertEquals(at("run api -- sleep --x"), { kind: "program", from: 3 });
});

Deno.test("The table of commands says what all names are", () => {
  for (const { name, names: { most, are } } of COMMANDS) {
    assert(most === 0 || are !== undefined, `${name}: what are its names?`);
  }
});
