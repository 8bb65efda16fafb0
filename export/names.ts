/**
 * Names that an engine accepts, one for each name of ours.
 *
 * @module
 */

/**
 * Returns a name for each name: what the engine accepts of it, and a number
 * where two would be the same.
 *
 * @param names The names, each of them once.
 * @param accept Returns what the engine accepts of a name. The result can be
 * empty.
 */
export function engineNames(
  names: readonly string[],
  accept: (name: string) => string,
): Map<string, string> {
  const taken = new Set(names.filter((name) => accept(name) === name));
  return new Map(names.map((name) => {
    if (accept(name) === name) return [name, name];
    const base = accept(name) || "process";
    let free = base;
    for (let i = 2; taken.has(free); i++) free = accept(`${base}-${i}`);
    taken.add(free);
    return [name, free];
  }));
}
