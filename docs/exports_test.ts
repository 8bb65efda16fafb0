import { assert, assertEquals } from "@std/assert";
import { parseAllDocuments } from "yaml";
import {
  EXPORT_PAGE,
  exportPage,
  EXPORTS,
  pageExports,
} from "../tools/exports.ts";
import { schemaFaults } from "../tools/compose_file.ts";
import { faultsOf } from "../tools/manifests.ts";
import { VERIFIES, verify } from "../tools/systemd.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("read", "write", "run");

Deno.test("docs/exports/ has what the examples of the pages become", {
  ignore,
}, async () => {
  const results = await pageExports();
  assert(results.size >= 24);
  for (const [path, text] of results) {
    const kept = await Deno.readTextFile(new URL(path, EXPORTS))
      .catch(() => "");
    assertEquals(kept, text, `${path}: deno task exports writes it`);
  }
});

Deno.test("docs/exports/ has nothing else", { ignore }, async () => {
  const results = await pageExports();
  const kept: string[] = [];
  for await (const { name } of Deno.readDir(EXPORTS)) {
    for await (const file of Deno.readDir(new URL(`${name}/`, EXPORTS))) {
      kept.push(`${name}/${file.name}`);
    }
  }
  assertEquals(kept.sort(), [...results.keys()].sort());
});

Deno.test("docs/exporting.md says what becomes of each option", {
  ignore,
}, async () => {
  const page = await Deno.readTextFile(EXPORT_PAGE);
  assertEquals(page, await exportPage(page), "deno task exports writes it");
});

/** Returns the kept results of an engine, by their folders. */
async function kept(name: string): Promise<[string, string][]> {
  const all: [string, string][] = [];
  for await (const folder of Deno.readDir(EXPORTS)) {
    const file = new URL(`${folder.name}/${name}`, EXPORTS);
    all.push([folder.name, await Deno.readTextFile(file)]);
  }
  return all;
}

Deno.test("The schemas accept docs/exports/", {
  ignore: !permitted("read", "write", "env", "sys"),
}, async () => {
  const files = (await kept("compose.yaml")).map(([, text]) => text);
  assertEquals(await schemaFaults(files), []);
  for (const [folder, text] of await kept("kubernetes.yaml")) {
    const objects = parseAllDocuments(text).map((each) => each.toJS());
    assertEquals([folder, ...objects.flatMap(faultsOf)], [folder]);
  }
});

Deno.test("systemd-analyze accepts docs/exports/", {
  ignore: !VERIFIES,
}, async () => {
  for (const [folder, text] of await kept("systemd.txt")) {
    const units = text.split(/^# (?=\S+\.(?:service|target)$)/m).slice(1)
      .map((part) => {
        const [name = "", ...lines] = part.split("\n");
        return { name, text: lines.join("\n") };
      });
    // The programs of the examples are not on this machine.
    const said = (await verify(units)).split("\n").filter((line) =>
      line !== "" && !/ is not executable: |No such file/.test(line)
    );
    assertEquals([folder, ...said], [folder]);
  }
});
