/**
 * The pages of the documentation, and the code that they show.
 *
 * A page has three kinds of code. A `ts` block without a name is a snippet,
 * which `deno test --doc` runs. A block whose first line is a comment with
 * nothing but a file name is a file. A `console` block is a terminal: commands
 * after `$`, below each what it prints, and `^C` for an interrupt. The last
 * command of a `console running` block keeps running, until a block that does not
 * begin with a command continues that terminal.
 *
 * @module
 */

import { root } from "./package.ts";

/** A page of the documentation. */
export interface Page {
  /** Its path in the repository. */
  readonly path: string;
  /** Its text, in Markdown. */
  readonly text: string;
}

/** Reads the README and the pages of `docs/`. */
export async function readPages(): Promise<Page[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL("docs/", root)));
  const names = entries.map(({ name }) => name)
    .filter((name) => name.endsWith(".md")).sort();
  const paths = ["README.md", ...names.map((name) => `docs/${name}`)];
  return await Promise.all(paths.map(readPage));
}

/** Reads one page. */
export async function readPage(path: string): Promise<Page> {
  return { path, text: await Deno.readTextFile(new URL(path, root)) };
}

/** Returns a file that a page shows, by its name. */
export function fileIn(markdown: string, name: string): string {
  for (const block of blocksOf(markdown)) {
    if (block.kind === "file" && block.name === name) return block.text;
  }
  throw new Error(`The page has no file ${name}`);
}

/** A table of a page: its head, and its rows, as cells. */
export type Table = readonly (readonly string[])[];

/** Returns the tables of a page. */
export function tablesOf(markdown: string): Table[] {
  return Array.from(
    markdown.matchAll(/^(?:\|.*\n)+/gm),
    ([table]) =>
      table.trimEnd().split("\n")
        .filter((_, row) => row !== 1)
        .map((row) =>
          row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim())
        ),
  );
}

/** Returns the table whose first column has a head. */
export function tableOf({ path, text }: Page, head: string): Table {
  const table = tablesOf(text).find(([first]) => first?.[0] === head);
  if (table === undefined) throw new Error(`${path} has no table of ${head}`);
  return table;
}

/** A block of code of a page. */
export type Block =
  /** Code that `deno test --doc` runs. */
  | { readonly kind: "snippet"; readonly line: number; readonly text: string }
  /** A file of the page's folder. */
  | {
    readonly kind: "file";
    readonly line: number;
    readonly name: string;
    readonly ignored: boolean;
    readonly text: string;
  }
  /** What a terminal shows. */
  | {
    readonly kind: "terminal";
    readonly line: number;
    /** Whether its last command keeps running. */
    readonly running: boolean;
    readonly steps: readonly Step[];
  }
  /** Code of which nothing is known. */
  | { readonly kind: "other"; readonly line: number; readonly info: string };

/** A line of a terminal. */
export type Step =
  | { readonly kind: "command" | "output"; readonly text: string }
  | { readonly kind: "interrupt" };

const NAME =
  /^(?:\/\/|#|;|<!--) ?([\w./-]*\w\.\w+|(?:[\w-]+\/)?(?:Procfile|Dockerfile|\.env))(?: -->)?$/;

/**
 * Returns the blocks of code of a page. Fences of another form, which the tests
 * would not see, are blocks of which nothing is known.
 */
export function blocksOf(markdown: string): Block[] {
  return [...fencesOf(markdown), ...strangeFencesOf(markdown)]
    .sort((a, b) => a.line - b.line);
}

function strangeFencesOf(markdown: string): Block[] {
  const prose = markdown.replace(
    /^```[^\n`]*\n.*?^```$/gms,
    (block) => block.replace(/[^\n]/g, ""),
  );
  const fences = prose.matchAll(/^ *(?:~~~|```).*$/gm);
  return Array.from(fences, ({ index, 0: info }) => {
    const line = prose.slice(0, index).split("\n").length;
    return { kind: "other", line, info };
  });
}

function fencesOf(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```([^\n`]*)\n(.*?)^```$/gms);
  return Array.from(fences, ({ index, 1: info = "", 2: text = "" }) => {
    const line = markdown.slice(0, index).split("\n").length;
    return blockOf(info, text, line);
  });
}

function blockOf(info: string, text: string, line: number): Block {
  const [language = "", ...attributes] = info.split(" ");
  if (language === "console") {
    const running = attributes.includes("running");
    return { kind: "terminal", line, running, steps: stepsOf(text) };
  }
  const [head = "", ...rest] = text.split("\n");
  const name = head.match(NAME)?.[1];
  const ignored = attributes.includes("ignore");
  if (name !== undefined) {
    // JSON has no comments.
    const content = language === "json" ? rest.join("\n") : text;
    return { kind: "file", line, name, ignored, text: content };
  }
  return language === "ts" && !ignored
    ? { kind: "snippet", line, text }
    : { kind: "other", line, info };
}

function stepsOf(text: string): Step[] {
  const lines = text.replaceAll("\\\n", "\\\0").split("\n").slice(0, -1);
  return lines.map((line) => {
    const whole = line.replaceAll("\0", "\n");
    if (whole === "^C") return { kind: "interrupt" };
    return whole.startsWith("$ ")
      ? { kind: "command", text: whole.slice(2) }
      : { kind: "output", text: whole };
  });
}

/** Whether a block runs a file, or lets another file run it. */
function uses(block: Block, name: string): boolean {
  if (block.kind === "file") {
    return block.name !== name && block.text.includes(name);
  }
  return block.kind === "terminal" &&
    block.steps.some((step) =>
      step.kind === "command" && step.text.includes(name)
    );
}

/** Returns what is wrong with the form of a page: what no test would run. */
export function faultsOf(blocks: readonly Block[]): string[] {
  const used = (name: string) => blocks.some((block) => uses(block, name));
  const count = (name: string) =>
    blocks.filter((block) => block.kind === "file" && block.name === name)
      .length;
  return blocks.flatMap((block) => {
    switch (block.kind) {
      case "snippet":
        return block.text.includes("console.log")
          ? `${block.line}: nothing compares what console.log() prints`
          : [];
      case "file":
        if (count(block.name) > 1) {
          return `${block.line}: there are several files ${block.name}`;
        }
        if (!block.name.endsWith(".ts")) return [];
        if (!block.ignored) return `${block.line}: add "ignore" to a file`;
        return used(block.name)
          ? []
          : `${block.line}: no command and no file names ${block.name}`;
      case "terminal":
        return [];
      case "other":
        return `${block.line}: nothing runs this block: ${block.info}`;
      default:
        return block satisfies never;
    }
  });
}
