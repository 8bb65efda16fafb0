import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { KEPT, Keys } from "./keys.ts";

/** Returns the key for a token that is known to be valid. */
function keyOf(keys: Keys, token: string): string {
  const key = keys.exchange(token);
  if (key === undefined) throw new Error("the token is not valid");
  return key;
}

Deno.test("Keys gives one key for a token", () => {
  const keys = new Keys();
  const token = keys.issue();
  const key = keyOf(keys, token);
  assertMatch(key, /^[\w-]{43}$/);
  assertNotEquals(key, token);
  assert(keys.allows(key));
  assertEquals(keys.exchange(token), undefined);
});

Deno.test("Keys never gives the same token or key twice", () => {
  const keys = new Keys();
  const all = Array.from({ length: 500 }, () => {
    const token = keys.issue();
    return [token, keyOf(keys, token)];
  }).flat();
  assertEquals(new Set(all).size, 1_000);
});

Deno.test("Keys takes no token for a key, and no key for a token", () => {
  const keys = new Keys();
  const token = keys.issue();
  const key = keyOf(keys, keys.issue());
  assertEquals(keys.allows(token), false);
  assertEquals(keys.exchange(key), undefined);
});

Deno.test("Keys refuses what only resembles a key", () => {
  const keys = new Keys("0123456789-abcDEF");
  const key = keyOf(keys, keys.issue());
  const other = key.at(-1) === "A" ? "B" : "A";
  const wrong = [
    "",
    key.slice(1),
    key.slice(0, -1),
    key.slice(0, -1) + other,
    `${key}x`,
    key + key,
    key.toLowerCase(),
    ` ${key}`,
    "0123456789-abcDEF",
    "undefined",
    "__proto__",
  ];
  for (const each of wrong) assertEquals(keys.allows(each), false, each);
  for (const each of ["", "0123456789-abcDE", "0123456789-abcDEG"]) {
    assertEquals(keys.exchange(each), undefined, each);
  }
});

Deno.test("Keys forgets the oldest token and the oldest key for a new one", () => {
  const keys = new Keys();
  const tokens = Array.from({ length: KEPT + 1 }, () => keys.issue());
  const [first = "", ...others] = tokens;
  assertEquals(keys.exchange(first), undefined);
  const [oldest = "", ...newer] = others.map((token) => keyOf(keys, token));
  assert(keys.allows(oldest));
  keyOf(keys, keys.issue());
  assertEquals(keys.allows(oldest), false);
  assert(newer.every((key) => keys.allows(key)));
});

Deno.test("Keys of two dashboards are different", () => {
  const one = new Keys();
  const other = new Keys();
  assertEquals(other.exchange(one.issue()), undefined);
  assertEquals(other.allows(keyOf(one, one.issue())), false);
});
