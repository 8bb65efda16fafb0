import { assertEquals } from "@std/assert";
import { permitted, works } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const allowed = permitted("read", "write", "net", "env", "run", "sys");

/** What is typed, and what a shell makes of it. */
const CASES: readonly [typed: string, expected: string][] = [
  ["relo", "reload"],
  ["logs --no-p", "--no-prefix"],
  ["logs --level wa", "warn"],
  ["stop ap", "api"],
  ["stop api o", "old"],
  ["status @w", "@web"],
  ["scale ap", "api="],
  ["logs -- o", "old"],
  ["run api -- slee", "sleep"],
  ["-f only", "only.yaml"],
];

/** Each shell, with the script that prints what it makes of each case. */
const SHELLS = {
  bash: `source <(processman completions bash)
    at() {
      COMP_LINE="processman $1" COMP_POINT=$((\${#1} + 11))
      _processman processman "\${1##* }" 2> /dev/null
      echo "\${COMPREPLY[0]}"
    }`,
  fish: `source (processman completions fish | psub)
    function at
      complete -C "processman $argv" | string split -f 1 \\t | head -1
    end`,
  // A real terminal, in which ^X prints the line.
  zsh: `zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'PS1= ; autoload -U compinit; compinit -u -D
      source <(processman completions zsh)
      show() { zle -I; print -r -- "<$BUFFER>"; BUFFER= }
      zle -N show; bindkey ^X show; echo "<rea""dy>"'
    zpty -r shell line '*<ready>*'
    at() {
      zpty -w -n shell "processman $1"$'\\t\\x18'
      zpty -r shell line $'*<processman *>*'
      line="\${line##*<}"
      line="\${line%%>*}"
      print -r -- "\${\${line% }##* }"
    }`,
} as const;

for (const [shell, script] of Object.entries(SHELLS)) {
  const there = allowed && await works(shell, "--version");
  Deno.test(`${shell} completes what processman knows`, {
    ignore: !there,
  }, async () => {
    await using tool = new Tool();
    await tool.write("only.yaml", "");
    await tool.write(
      "processman.yaml",
      `processes:
  api: { command: [sleep, 500], replicas: 2, profiles: [web] }
  old: { command: [sleep, 500], autoStart: false }
`,
    );
    await tool.run("processman up -d --profile web");
    const lines = CASES.map(([typed]) => `at '${typed}'\n`).join("");
    await tool.write("script", `${script}\n${lines}`);
    const env = { TERM: "dumb" };
    const { stdout, stderr, status } = await tool
      .run(`${shell} script`, { stdin: "", env });
    assertEquals(stdout.trimEnd().split("\n"), CASES.map(([, word]) => word));
    assertEquals([stderr, status], ["", 0]);
  });
}
