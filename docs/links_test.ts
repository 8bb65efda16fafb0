import { assertEquals } from "@std/assert";
import { publishedFiles, root, WEB } from "../tools/package.ts";
import { type Page, readPage, readPages } from "../tools/pages.ts";
import { permitted } from "../tools/testing.ts";
import {
  FAULTY,
  olderThan,
  OLDEST,
  OLDEST_FOR_CHECKS,
} from "../tools/versions.ts";

const ignore = !permitted("read");

const published = ignore ? [] : await publishedFiles(root);

/** Reads a file of the repository. */
async function read(file: string): Promise<string> {
  return (await readPage(file)).text;
}

Deno.test("The docs tell the versions of Deno that the tools use", {
  ignore,
}, async () => {
  const versionsIn = async (file: string) => {
    // What was measured is measured on some other version.
    const text = (await read(file))
      .replace(/<!-- Written.*?<!-- End -->/gs, "").replace(/\s+/g, " ");
    return Array.from(
      text.matchAll(/\bDeno (\d[\d.]*\d)/g),
      ([, found]) => found,
    );
  };
  assertEquals(await versionsIn("README.md"), [OLDEST, FAULTY]);
  assertEquals(await versionsIn("CONTRIBUTING.md"), [OLDEST_FOR_CHECKS]);
  // What the change from 0.1 was, and what it is.
  assertEquals(await versionsIn("CHANGELOG.md"), ["2.6", OLDEST]);
});

Deno.test("olderThan() compares versions by their numbers", () => {
  const versions = ["2.7.6", "2.7.14", "2.8.0", "2.8.3", "2.10.0", "3.0.0"];
  for (const [i, version] of versions.entries()) {
    for (const [j, other] of versions.entries()) {
      assertEquals(olderThan(version, other), j < i, `${other}, ${version}`);
    }
  }
});

/** Returns the targets of the links of a text in Markdown, without its code. */
function linksIn(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, "").replace(/`[^`]*`/g, "");
  const links = prose.matchAll(/\]\(\s*([^)\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)/gm);
  return Array.from(links, ([, inline, below]) => inline ?? below ?? "");
}

/** Returns the anchors of the headings of a text, as GitHub and JSR name them. */
function anchorsIn(markdown: string): string[] {
  return Array.from(
    markdown.matchAll(/^#+ (.+)$/gm),
    ([, title = ""]) =>
      title.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"),
  );
}

/** Returns the links of a page that lead nowhere. */
async function deadLinks({ path, text }: Page): Promise<string[]> {
  const dead: string[] = [];
  for (const link of linksIn(text)) {
    const [target = "", anchor] = link.split("#");
    const onWeb = target.startsWith(WEB);
    if (!onWeb && URL.canParse(target)) continue;
    const url = onWeb
      ? new URL(target.slice(WEB.length), root)
      : new URL(target || `/${path}`.replace(/.*\//, ""), new URL(path, root));
    const name = url.href.slice(root.href.length);
    // JSR has nothing but what is published, so a link from there leads to the
    // web. What is published needs no such link.
    const right = !published.includes(path) ||
      onWeb !== published.includes(name);
    if (!right || !await has(url, anchor)) dead.push(`${path}: ${link}`);
  }
  return dead;
}

/** Whether there is a file or folder, and the anchor if it is a page. */
async function has(url: URL, anchor?: string): Promise<boolean> {
  try {
    const { isFile } = await Deno.stat(url);
    if (anchor === undefined) return true;
    return isFile && anchorsIn(await Deno.readTextFile(url)).includes(anchor);
  } catch {
    return false;
  }
}

/** Reads everything that is written in Markdown for people to read. */
async function readAll(): Promise<Page[]> {
  const more = ["CHANGELOG.md", "CONTRIBUTING.md", "bench/README.md"];
  return [
    ...await readPages(),
    ...await Promise.all(more.map(readPage)),
  ];
}

Deno.test("Links lead to files, folders and headings", { ignore }, async () => {
  const pages = await readAll();
  assertEquals((await Promise.all(pages.map(deadLinks))).flat(), []);
});

Deno.test("A link that leads nowhere is found", { ignore }, async () => {
  const dead = async (path: string, link: string) => {
    const page = { path, text: `# Title\n\nSee [it](${link}).` };
    return (await deadLinks(page)).length > 0;
  };
  const web = `${WEB}docs/output.md`;
  const links: [path: string, link: string, dead: boolean][] = [
    ["docs/output.md", "terminal.md", false],
    ["docs/output.md", "terminals.md", true],
    ["docs/output.md", "terminal.md#what-does-ctrl-z-do", false],
    ["docs/output.md", "terminal.md#what-does-ctrl-y-do", true],
    ["docs/output.md", "#output", false],
    ["docs/output.md", "#input", true],
    ["docs/output.md", "../examples/demo.ts", false],
    ["docs/output.md", "https://deno.com", false],
    ["README.md", web, false],
    ["README.md", `${web}#inputs`, true],
    ["README.md", `${web}x`, true],
    ["README.md", "docs/output.md", true],
    ["README.md", "LICENSE", false],
    ["README.md", `${WEB}LICENSE`, true],
  ];
  for (const [path, link, expected] of links) {
    assertEquals(await dead(path, link), expected, `${path}: ${link}`);
  }
});

Deno.test("README.md links to all pages of docs/", { ignore }, async () => {
  const links = linksIn(await read("README.md"));
  const linked = new Set(links.map((link) => link.split("#")[0]));
  const unlinked = (await readPages())
    .map(({ path }) => path)
    .filter((path) => path !== "README.md" && !linked.has(`${WEB}${path}`));
  assertEquals(unlinked, []);
});

Deno.test("The docs name tasks that there are", { ignore }, async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  const unknown = (await readAll()).flatMap(({ path, text }) => {
    // A page can have a deno.json of its own.
    const shown = text.match(/^\/\/ deno.json\n(.*?)^```$/ms)?.[1] ?? "";
    return Array.from(
      text.matchAll(/(?<!-- )\bdeno task ([\w:]+)/g),
      ([, name]) => name,
    )
      .filter((name = "") => !(name in tasks) && !shown.includes(`"${name}"`))
      .map((name) => `${path}: ${name}`);
  });
  assertEquals(unknown, []);
});

Deno.test("CONTRIBUTING.md names all modules", { ignore }, async () => {
  const text = await read("CONTRIBUTING.md");
  const rows = text.matchAll(/^\| `(\w+\.ts|\w+\/)` /gm);
  const named = new Set(Array.from(rows, ([, name = ""]) => name));
  // A file of the core is named by itself, a ring by its folder.
  const modules = new Set(
    published.filter((path) => path.endsWith(".ts"))
      .map((path) => path.replace(/\/.*/, "/")),
  );
  assertEquals([...modules.difference(named)], []);
  for (const name of named) await Deno.stat(new URL(name, root));
});
