import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compare, runPage } from "./page_runner.ts";
import { blocksOf, faultsOf } from "./pages.ts";
import { Folder, permitted } from "./testing.ts";

const ignore = !permitted("read", "write", "env");

/** Runs a page; `'''` stands for a fence. */
async function run(page: string, limitMs = 10_000): Promise<void> {
  await using folder = new Folder();
  const blocks = blocksOf(page.replaceAll("'''", "```"));
  await runPage(blocks, { folder: folder.path, env: {}, limitMs });
}

const SERVER = `
'''sh ignore
# serve.sh
trap 'echo bye; exit 3' INT
echo port 8000 pid $$
while :; do sleep 0.01; done
'''
'''console running
$ sh serve.sh
port 8000 pid 12
'''
`;

const CLIENT = `
'''console
$ cat serve.sh \\
    | grep -c 8000
1
$ true
'''
`;

Deno.test("runPage() runs what a page shows", { ignore }, async () => {
  await run(`${SERVER}${CLIENT}
'''console
^C
bye
$ echo "$?"; sh -c 'echo oh >&2; exit 4'
3
oh
$ echo $?
4
'''
`);
});

Deno.test("runPage() finds what a page says wrongly", { ignore }, async () => {
  const pages: [page: string, message: string][] = [
    ["'''console\n$ echo a; echo b\na\nc\n'''\n", "- c\n  + b"],
    ["'''console\n$ echo a; echo b\na\n'''\n", "  + b"],
    ["'''console\n$ echo a\na\na\n'''\n", "  - a"],
    ["'''console\n$ echo a\nb\n^C\n'''\n", "It has ended before ^C"],
    ["'''console\n^C\n'''\n", "Line 1 continues what does not run"],
    ["'''console\n$ exit 3\n$ true\n'''\n", "It fails with status 3"],
    [`${SERVER}${SERVER}`, "leaves a second command running"],
    [SERVER, "A command still runs at the end"],
    [`${SERVER}'''console\n^C\nby\n'''\n`, "- by\n  + bye"],
    [SERVER.replace("console running", "console"), "It takes too long"],
  ];
  for (const [page, message] of pages) {
    const error = await assertRejects(() => run(page, 300), Error);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("compare() takes any times, process IDs and omissions", () => {
  const same = { missing: [], extra: [] };
  const line = "crashed after 12 ms, pid 34";
  assertEquals(compare([line], ["crashed after 7 ms, pid 6"]), same);
  const row = "api  running  yes    7      2 s  0.0 %   3.1 MiB  1 s ago";
  assertEquals(compare([row], [row.replace(/ +7 +2/, "  12345  31")]), same);
  assertEquals(
    compare(["process 7 died at 2026-01-02 03:04:05"], [
      "process 18 died at 2026-02-03 04:05:06",
    ]),
    same,
  );
  assertEquals(compare(["db | up"], ["db      | up"]), same);
  assertEquals(compare(["a … b", "a 1 b"], ["a 1 b", "a 2 b"]), same);
  assertEquals(compare(["a", "…"], ["b", "a", "c"]), same);
  assertEquals(compare(["a (1)"], ["a (2)"]), {
    missing: ["a (1)"],
    extra: ["a (2)"],
  });
});

Deno.test("faultsOf() finds code that no test runs", () => {
  const pages: [page: string, faults: string[]][] = [
    ["'''ts\nconsole.log(1); // 1\n'''\n", [
      "1: nothing compares what console.log() prints",
    ]],
    ["'''ts ignore\nlet a;\n'''\n'''js\nlet b;\n'''\n", [
      "1: nothing runs this block: ts ignore",
      "4: nothing runs this block: js",
    ]],
    ["a\n\n~~~ts\nlet a;\n~~~\n- b\n  '''ts\n  '''\n", [
      "3: nothing runs this block: ~~~ts",
      "5: nothing runs this block: ~~~",
      "7: nothing runs this block:   ```ts",
      "8: nothing runs this block:   ```",
    ]],
    ["'''ts ignore\n// a.ts\n'''\n'''ts\n// b.ts\n'''\n", [
      "1: no command and no file names a.ts",
      '4: add "ignore" to a file',
    ]],
    ["'''sh\n# a.sh\n'''\n'''sh\n# a.sh\n'''\n", [
      "1: there are several files a.sh",
      "4: there are several files a.sh",
    ]],
    ["'''ts ignore\n// a.ts\n'''\n'''console\n$ deno run a.ts\n'''\n", []],
  ];
  for (const [page, faults] of pages) {
    assertEquals(faultsOf(blocksOf(page.replaceAll("'''", "```"))), faults);
  }
});
