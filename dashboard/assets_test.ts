/**
 * Tests of the files of the page: what `deno task page` writes, and what it is
 * made from.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { root } from "../tools/package.ts";
import { ASSETS, bundlePage } from "../tools/page.ts";
import { permitted } from "../tools/testing.ts";
import * as assets from "./assets.ts";

/** How large all files of the page may be together, compressed. */
const LIMIT = 120 * 1_024;

const texts = Object.entries(assets);

/** Whether npm is installed. */
function hasNpm(): boolean {
  if (!permitted("run")) return false;
  try {
    return new Deno.Command("npm", { args: ["--version"] }).outputSync()
      .success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "deno task page writes dashboard/assets.ts as it is (needs npm)",
  ignore: !permitted("read", "write", "env", "net") || !hasNpm(),
  async fn() {
    const text = await Deno.readTextFile(new URL(ASSETS, root));
    const fresh = await bundlePage() === text;
    assert(fresh, "dashboard/assets.ts is stale; run: deno task page");
  },
});

Deno.test("The files of the page are small enough", async () => {
  let size = 0;
  for (const [, text] of texts) size += (await compressed(text)).byteLength;
  assert(size <= LIMIT, `${size} bytes`);
  assertEquals(texts.map(([name]) => name), ["CSS", "HTML", "ICON", "JS"]);
});

async function compressed(text: string): Promise<ArrayBuffer> {
  const body = new Response(text).body;
  if (body === null) throw new Error("there is no body");
  const stream = body.pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).arrayBuffer();
}

/** Addresses that name something, and lead nowhere. */
const NAMES = /^http:\/\/www\.w3\.org\//;

Deno.test("The files of the page name no other server", () => {
  for (const [name, text] of texts) {
    // What follows a scheme without a name is a pattern, such as `https?://`.
    const found = [
      ...text.matchAll(/\b(?:https?|wss?):\/\/[\w.-]+[^\s"'`)]*/g),
    ];
    const others = found.map(([url]) => url).filter((url) => !NAMES.test(url));
    assertEquals(others, [], name);
  }
  assert(!/url\((?!["']?(?:data:|\/|#))|@import|@font-face/.test(assets.CSS));
  const parts = [...assets.HTML.matchAll(/\b(?:src|href)="([^"]*)"/g)];
  assert(parts.length > 0);
  for (const [, path = ""] of parts) assertMatch(path, /^\/[^/]/);
});

Deno.test("The HTML of the page needs no exception in the policy", () => {
  assert(!/\sstyle=|\son\w+=|<style|javascript:/i.test(assets.HTML));
  for (
    const [, inside] of assets.HTML.matchAll(/<script[^>]*>(.*?)<\/script>/gs)
  ) {
    assertEquals(inside, "");
  }
});

/** What turns text into markup or code. */
const DANGEROUS =
  /\beval\(|\bnew Function\b|\bFunction\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|parseFromString|srcdoc|javascript:|setHTMLUnsafe|setTimeout\(\s*["'`]|document\.cookie|localStorage|indexedDB/;

Deno.test({
  name: "The sources of the page turn no text into markup or code",
  ignore: !permitted("read"),
  async fn() {
    const folder = new URL("page/", import.meta.url);
    let count = 0;
    for await (const { name } of Deno.readDir(folder)) {
      if (!/\.tsx?$/.test(name) || /_test\.tsx?$/.test(name)) continue;
      const text = await Deno.readTextFile(new URL(name, folder));
      const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      const [found] = code.match(DANGEROUS) ?? [];
      assertEquals(found, undefined, name);
      count++;
    }
    assert(count > 10);
  },
});

Deno.test("The scripts of the page contain no evaluation of text", () => {
  // preact itself has the word `innerHTML`, which no source of the page uses.
  assert(!/\beval\(|new Function\b|document\.write\b/.test(assets.JS));
});
