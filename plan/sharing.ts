/**
 * What two processes cannot have at the same time: a port, the terminal, a file
 * that each of them rotates in its own way.
 *
 * @module
 */

import { canonical, same } from "./canonical.ts";
import { Faults } from "./faults.ts";
import type { PlannedEntry, Unit } from "./planned.ts";
import { type ResolvedEntry, unitOf } from "./resolve.ts";

/**
 * Finds out what processes share, and which entries can have a spare.
 *
 * @param entries The entries.
 * @param sharedPorts The ports that more than one process can use.
 * @param faults Where the faults go.
 * @returns The entries, with the defaults that depend on other entries.
 */
export function share(
  entries: readonly ResolvedEntry[],
  sharedPorts: readonly number[],
  faults: Faults,
): PlannedEntry[] {
  const taken = new Taken(sharedPorts);
  for (const { units } of entries) {
    const found = units.map((unit) => taken.take(unit));
    // The faults of one replica are enough: those of the others are alike.
    const [first = []] = found.filter(({ length }) => length > 0);
    for (const message of first) faults.add(message);
  }
  const names = new Set(entries.map(({ name }) => name));
  return entries.map((entry) => {
    const { name, type, units, dependencies, roll: { minReadyMs } } = entry;
    const spare = spareOf(entry, taken, faults);
    const order = spare === undefined ? "stop-first" : "start-first";
    const present = dependencies.filter(({ on }) => names.has(on));
    const roll = { order, minReadyMs } as const;
    return { name, type, dependencies: present, units, spare, roll };
  });
}

/** Resolves one replica more, and takes what it needs. */
function spareOf(
  entry: ResolvedEntry,
  taken: Taken,
  faults: Faults,
): Unit | undefined {
  const { type, each, roll: { order } } = entry;
  const wanted = order ?? (each === undefined ? "stop-first" : "start-first");
  if (type === "task" || wanted === "stop-first") return undefined;
  const own = new Faults();
  const spare = unitOf(entry, (entry.replicas ?? 1) + 1, own);
  if (spare !== undefined) {
    for (const message of taken.faultsOf(spare)) own.add(message);
  }
  if (own.count === 0 && spare !== undefined) {
    taken.take(spare);
    return spare;
  }
  if (order === "start-first") faults.join(own);
  return undefined;
}

/** What the units of a plan have taken. */
class Taken {
  readonly #shared: ReadonlySet<number>;
  /** By address and port. */
  readonly #ports = new Map<string, { unit: Unit; option: string }>();
  /** By path. */
  readonly #files = new Map<string, { unit: Unit; rules: unknown }>();
  /** The unit that reads the stdin of this program, if one does. */
  #reader: Unit | undefined;

  /** Creates a record of nothing, except that some ports can be shared. */
  constructor(sharedPorts: readonly number[]) {
    this.#shared = new Set(sharedPorts);
  }

  /**
   * Takes what a unit needs.
   *
   * @returns A message for each thing that another unit has.
   */
  take(unit: Unit): string[] {
    const faults = this.faultsOf(unit);
    for (const { hostname, port, option } of unit.ports) {
      const key = `${hostname}:${port}`;
      if (!this.#ports.has(key)) this.#ports.set(key, { unit, option });
    }
    for (const [path, rules] of filesOf(unit)) {
      if (!this.#files.has(path)) this.#files.set(path, { unit, rules });
    }
    if (unit.options.stdin === "inherit") this.#reader ??= unit;
    return faults;
  }

  /** Returns a message for each thing that another unit has, and takes none. */
  faultsOf(unit: Unit): string[] {
    return [
      ...this.#portFaults(unit),
      ...this.#fileFaults(unit),
      ...this.#stdinFaults(unit),
    ];
  }

  *#portFaults(unit: Unit): Generator<string> {
    for (const { hostname, port, option } of unit.ports) {
      const owner = this.#ports.get(`${hostname}:${port}`);
      if (owner === undefined || this.#shared.has(port)) continue;
      const theirs = `${owner.unit.name}.${owner.option}`;
      yield `Option "${unit.name}.${option}" must have a port of its own, or "sharedPorts" must contain it: port ${port} is also in "${theirs}"`;
    }
  }

  *#fileFaults(unit: Unit): Generator<string> {
    for (const [path, rules] of filesOf(unit)) {
      const owner = this.#files.get(path);
      if (owner === undefined || same(owner.rules, rules)) continue;
      yield `Option "${unit.name}.output.file" must have the same options as "${owner.unit.name}.output.file", or another path: current path is ${
        JSON.stringify(path)
      }`;
    }
  }

  *#stdinFaults({ name, options }: Unit): Generator<string> {
    if (options.stdin !== "inherit" || this.#reader === undefined) return;
    yield `Option "${name}.stdin" must be "piped" or "null", as "${this.#reader.name}" inherits stdin: current value is "inherit"`;
  }
}

/** Lists the files that a unit writes to, and how it rotates them. */
function* filesOf({ options }: Unit): Generator<[string, unknown]> {
  const { path, stderr, ...rules } = options.output?.file ?? {};
  for (const each of [path, stderr]) {
    if (each === undefined) continue;
    const text = each instanceof URL ? each.pathname : each;
    if (!/^\/dev\//.test(text)) yield [text, canonical(rules)];
  }
}
