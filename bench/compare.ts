// deno-lint-ignore-file no-console
/**
 * Compares this project with its peers: `deno task compare [TEXT]`. It tries
 * each contender in each row, or in those whose title contains the text, and
 * writes what it found to `comparison.json` and into the documentation. It needs
 * Linux, Node and supervisord.
 *
 * @module
 */

import { CONTENDERS } from "./compare/contenders.ts";
import type { Contender } from "./compare/contender.ts";
import { prove } from "./compare/facts.ts";
import {
  cellsOfTrials,
  type Row,
  ROWS,
  type TrialRow,
} from "./compare/rows.ts";
import {
  type Cells,
  COMPARISON,
  type Comparison,
  DOCUMENTS,
  readComparison,
  written,
} from "./compare/table.ts";
import type { Try } from "./compare/trials.ts";
import { installPeers, outputOf, peerVersions } from "./prepare.ts";

/** How often each trial is repeated. */
const ROUNDS = 3;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main([text = ""]: string[]): Promise<number> {
  await installPeers();
  const supervisord = await outputOf("supervisord", ["--version"]);
  if (supervisord === undefined) {
    console.error("supervisord is missing: apt-get install supervisor");
    return 2;
  }
  const node = await outputOf("node", ["--version"]) ?? "";
  const peers = await peerVersions();
  const names = CONTENDERS.map(({ name }) => name);
  const versions = [
    `Deno ${Deno.version.deno}`,
    `Node ${node.replace("v", "")}`,
    `supervisord ${supervisord}`,
    ...peers.filter(([name]) => names.includes(name)).map((peer) =>
      peer.join(" ")
    ),
  ];
  console.log(versions.join(", "));
  const last = text ? await readComparison() : undefined;
  if (last && last.versions.join() !== versions.join()) {
    console.error(`Compare all rows: they are of ${last.versions.join(", ")}`);
    return 2;
  }
  const rows: Cells[] = [];
  const tried = new Map<Try, Numbers>();
  for (const row of ROWS) {
    const before = last?.rows.find(({ title }) => title === row.title);
    const cells = before && !row.title.includes(text)
      ? before.cells
      : await cellsOf(row, tried);
    console.log([row.title, ...cells].join(" | "));
    rows.push({ title: row.title, cells });
  }
  await write({ versions, rounds: ROUNDS, contenders: names, rows });
  return 0;
}

/** What each contender did in each round. */
type Numbers = readonly (readonly (readonly number[])[])[];

/** Returns the cells of a row. Rows of the same trial share what it found. */
async function cellsOf(row: Row, tried: Map<Try, Numbers>): Promise<string[]> {
  if ("facts" in row) {
    const facts = CONTENDERS.map(({ name }) => row.facts[name]);
    await prove(facts.flatMap((fact) => fact ?? []));
    return facts.map((fact) => fact?.cell ?? "-");
  }
  const numbers = tried.get(row.try) ?? await tryAll(row);
  tried.set(row.try, numbers);
  return cellsOfTrials(row, numbers);
}

async function tryAll(row: TrialRow): Promise<Numbers> {
  const numbers = CONTENDERS.map((): (readonly number[])[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    // What is measured is idle, and what is tried waits: they do not compete.
    const found = await Promise.all(
      CONTENDERS.map((contender) => tryOnce(row, contender)),
    );
    found.forEach((some, i) => numbers[i]?.push(some));
  }
  return numbers;
}

async function tryOnce(
  row: TrialRow,
  contender: Contender,
): Promise<readonly number[]> {
  try {
    return await row.try(contender, false);
  } catch (error) {
    throw new Error(`${row.title}: ${contender.name}`, { cause: error });
  }
}

/** Writes the comparison, and the parts of the documentation made of it. */
async function write(comparison: Comparison): Promise<void> {
  const json = `${JSON.stringify(comparison, null, 2)}\n`;
  await Deno.writeTextFile(COMPARISON, json);
  for (const { url, write } of DOCUMENTS) {
    const text = await Deno.readTextFile(url);
    await Deno.writeTextFile(url, written(text, write, comparison));
  }
}
