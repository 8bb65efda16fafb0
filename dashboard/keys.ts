/**
 * Who may use a dashboard: tokens that work once, and the keys that the page
 * gets for them.
 *
 * @module
 */

/**
 * How many keys, and how many unused tokens, are known at the same time. The
 * oldest one is forgotten for a new one.
 */
export const KEPT = 64;

/** How many random bytes a token or a key has. */
const BYTES = 32;

/** The tokens and keys of one dashboard. Nothing of them is stored elsewhere. */
export class Keys {
  readonly #tokens = new Set<string>();
  readonly #keys = new Set<string>();
  /** The token that works any number of times. */
  readonly #lasting: string | undefined;

  /**
   * Creates an empty set.
   *
   * @param lasting A token that the user chose; it works any number of times.
   */
  constructor(lasting?: string) {
    this.#lasting = lasting;
  }

  /** Returns a token for a link: the one of the user, or one that works once. */
  issue(): string {
    return this.#lasting ?? added(this.#tokens, random());
  }

  /** Returns a key for a token; `undefined` if the token is not valid. */
  exchange(token: string): string | undefined {
    const lasting = this.#lasting;
    if (lasting !== undefined && isEqual(token, lasting)) {
      return added(this.#keys, random());
    }
    const known = find(this.#tokens, token);
    if (known === undefined) return undefined;
    this.#tokens.delete(known);
    return added(this.#keys, random());
  }

  /** Returns whether a key is valid. */
  allows(key: string): boolean {
    return find(this.#keys, key) !== undefined;
  }
}

/** Adds a value, and forgets the oldest one if there are too many. */
function added(values: Set<string>, value: string): string {
  values.add(value);
  const [oldest] = values;
  if (values.size > KEPT && oldest !== undefined) values.delete(oldest);
  return value;
}

function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Returns an equal value of a set. How long that takes tells nothing of it. */
function find(values: Set<string>, wanted: string): string | undefined {
  let found: string | undefined;
  for (const value of values) if (isEqual(value, wanted)) found = value;
  return found;
}

function isEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) {
    difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1));
  }
  return difference === 0;
}
