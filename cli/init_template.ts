/**
 * The templates of process-compose.
 *
 * @module
 */

import { textOf } from "./init_keys.ts";

/** A variable, such as `{{.PORT}}`, or anything else between braces. */
const PART = /\{\{-?\s*(?:\.(\w+)|(.*?))\s*-?\}\}/g;

/** Fills in variables. */
export class Template {
  readonly #vars: Readonly<Record<string, unknown>>;
  readonly #expands: boolean;
  readonly #lost: (key: string, why: string) => void;

  /**
   * Creates a template.
   *
   * @param vars The variables.
   * @param options How many replicas the process has, and whether `$$` stands
   * for a dollar.
   * @param lost Gets what cannot be filled in.
   */
  constructor(
    vars: Readonly<Record<string, unknown>>,
    { replicas, expands }: {
      readonly replicas: number;
      readonly expands: boolean;
    },
    lost: (key: string, why: string) => void,
  ) {
    const number = replicas > 1 ? "$[replica - 1]" : "0";
    this.#vars = { PC_REPLICA_NUM: number, ...vars };
    this.#expands = expands;
    this.#lost = lost;
  }

  /** Returns a command line with its variables filled in. */
  line(text: string, rendered = true): string {
    const line = rendered ? this.filled(text) : text;
    return this.#expands ? line.replaceAll("$$", "$") : line;
  }

  /** Returns a text with its variables filled in. */
  filled(text: string): string {
    return text.replace(PART, (all, name?: string) => {
      const value = name === undefined || !Object.hasOwn(this.#vars, name)
        ? undefined
        : textOf(this.#vars[name]);
      if (value !== undefined) return value;
      this.#lost("vars", `the template ${all} stays as it is`);
      return all;
    });
  }
}
