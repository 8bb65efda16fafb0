/**
 * What is measured runs in a process of its own, in Deno or Node:
 * `subject.ts QUESTION CONTENDER PARAMETER` prints the values as JSON.
 *
 * @module
 */

import process from "node:process";
import type { Contender, Name } from "./contender.ts";
import type { Question } from "./measure.ts";

const [question = "", name = "", parameter = "0"] = process.argv.slice(2);

/** Imports a module of this folder, which is JavaScript where Node runs it. */
function load<T>(file: string): Promise<T> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return import(new URL(`./${file}${extension}`, import.meta.url).href);
}

const { contenders } = await load<typeof import("./contender.ts")>("contender");
const entry = contenders[name as Name];
const made = (await load<
  Record<string, Contender | (() => Promise<Contender>)>
>(entry.file))[entry.name];
if (made === undefined) throw new TypeError(`There is no "${name}"`);
const contender = typeof made === "function" ? await made() : made;
const { measure } = (await load<{ default: Question }>(question)).default;
const values = await measure?.(contender, Number(parameter));
// Not by the console, which a peer may have made its own.
process.stdout.write(`\n${JSON.stringify(values)}\n`, () => process.exit());
