/**
 * What becomes of each key of another tool, and the reading of keys so that
 * none is dropped in silence.
 *
 * @module
 */

import type { Gap } from "./init_origin.ts";

/** What becomes of a key: a key of ours, or nothing. */
export type Fate =
  | {
    /** The key that it becomes. */
    readonly to: string;
    /** What differs, for the documentation. */
    readonly note?: string;
  }
  | {
    /** Why nothing is lost without it. */
    readonly moot: string;
  }
  | {
    /** One sentence: what to do instead. */
    readonly why: string;
  };

/** The fates of all keys of a map. */
export type Keys = Readonly<Record<string, Fate>>;

/** Gives several keys the same fate. */
export function alike(names: string, fate: Fate): Keys {
  return Object.fromEntries(
    names.trim().split(/\s+/).map((name) => [name, fate]),
  );
}

/** Where gaps go. */
export type Gaps = Gap[];

/** A map of another tool, from which each key is taken once. */
export class Part {
  readonly #taken = new Set<string>();
  readonly #values: Readonly<Record<string, unknown>>;

  /**
   * Creates the part.
   *
   * @param value The map; anything else has no keys.
   * @param keys What becomes of its keys.
   * @param gaps Where gaps go.
   * @param process The process that it belongs to.
   * @param path What stands before its keys in a message, such as `deploy.`.
   */
  constructor(
    value: unknown,
    private readonly keys: Keys,
    private readonly gaps: Gaps,
    private readonly process?: string,
    private readonly path = "",
  ) {
    this.#values = mapOf(value);
  }

  /** Whether it has a key. */
  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  /** Takes the value of a key; `null` is the same as no value. */
  take(name: string): unknown {
    if (!Object.hasOwn(this.keys, name)) {
      throw new TypeError(`Key "${name}" is not in the table`);
    }
    this.#taken.add(name);
    return this.#values[name] ?? undefined;
  }

  /** Takes a text; a number or a truth value is one, too. */
  text(name: string): string | undefined {
    return this.#fitting(name, textOf, "a text");
  }

  /** Takes a number. */
  number(name: string): number | undefined {
    return this.#fitting(name, numberOf, "a number");
  }

  /** Takes whether something is so. */
  flag(name: string): boolean {
    return this.#fitting(name, truthOf, "true or false") ?? false;
  }

  #fitting<Value>(
    name: string,
    read: (value: unknown) => Value | undefined,
    what: string,
  ): Value | undefined {
    const value = this.take(name);
    const found = value === undefined ? undefined : read(value);
    if (found === undefined && value !== undefined) {
      this.gap(name, `it is not ${what}, and left out`);
    }
    return found;
  }

  /** Takes the map of a key. */
  part(name: string, keys: Keys): Part {
    const value = this.take(name);
    if (value !== undefined && !isMap(value)) {
      this.gap(name, "it is not a map, and left out");
    }
    return this.nested(name, value, keys);
  }

  /** Returns a map that belongs to a key, which has been taken. */
  nested(name: string, value: unknown, keys: Keys): Part {
    const path = `${this.path}${name}.`;
    return new Part(value, keys, this.gaps, this.process, path);
  }

  /** Adds a gap. */
  gap(name: string, why: string): void {
    this.gaps.push({ process: this.process, key: this.path + name, why });
  }

  /** Adds a gap for each key that nothing has taken. */
  end(): void {
    for (const [name, value] of Object.entries(this.#values)) {
      if (this.#taken.has(name) || isNothing(value)) continue;
      if (name.startsWith("x-")) continue;
      const fate = Object.hasOwn(this.keys, name) ? this.keys[name] : undefined;
      if (fate !== undefined && "moot" in fate) continue;
      this.gap(
        name,
        fate === undefined
          ? "`processman init` does not know this key"
          : "why" in fate
          ? fate.why
          : "it has no effect together with the other keys",
      );
    }
  }
}

/** Whether a value says no more than if the key were left out. */
function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false;
}

/** Returns whether a value is a map. */
export function isMap(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a map; an empty one for anything else. */
export function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {};
}

/** Returns a list; a single value is a list of one. */
export function listOf(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : [value].flat();
}

/** Returns a text for a single value; nothing for a map or a list. */
export function textOf(value: unknown): string | undefined {
  return ["string", "number", "boolean"].includes(typeof value)
    ? String(value)
    : undefined;
}

/** Returns a number, also for a text such as `"3"`. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  return typeof number === "number" && Number.isFinite(number)
    ? number
    : undefined;
}

/** Returns a truth value, also for a text such as `"true"`. */
function truthOf(value: unknown): boolean | undefined {
  const text = textOf(value)?.toLowerCase() ?? "";
  if (["true", "yes", "on", "1"].includes(text)) return true;
  return ["false", "no", "off", "0", ""].includes(text) ? false : undefined;
}

/** Leaves out the options that are `undefined`. */
export function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Options;
}
