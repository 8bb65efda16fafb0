/**
 * Keeps what has not changed, so that nothing is rendered for it. Pure.
 *
 * @module
 */

/**
 * Returns a value that equals the second one, with all parts of the first one
 * that equal theirs; the first one itself if nothing differs.
 *
 * @param before What was known: JSON.
 * @param after What is known now: JSON.
 */
export function shared<Value>(before: unknown, after: Value): Value;
export function shared(before: unknown, after: unknown): unknown {
  if (Object.is(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after)) {
    const parts = after.map((part, i) => shared(before[i], part));
    const same = before.length === after.length &&
      parts.every((part, i) => Object.is(part, before[i]));
    return same ? before : parts;
  }
  if (!isObject(before) || !isObject(after)) return after;
  const parts = Object.entries(after).map(([name, part]) =>
    [name, shared(Reflect.get(before, name), part)] as const
  );
  const same = Object.keys(before).length === parts.length &&
    parts.every(([name, part]) =>
      Object.hasOwn(before, name) && Object.is(part, Reflect.get(before, name))
    );
  return same ? before : Object.fromEntries(parts);
}

/**
 * Returns items as {@linkcode shared} does, where those with the same name are
 * the same thing, wherever they stand.
 */
export function sharedByName<Item extends { readonly name: string }>(
  before: readonly Item[],
  after: readonly Item[],
): readonly Item[] {
  const known = new Map(before.map((item) => [item.name, item]));
  const items = after.map((item) => shared(known.get(item.name), item));
  const same = items.length === before.length &&
    items.every((item, i) => item === before[i]);
  return same ? before : items;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
