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
  readonly #lost: (key: string, why: string) => void;

  /**
   * Creates a template.
   *
   * @param vars The variables.
   * @param replicas How many replicas the process has.
   * @param lost Gets what cannot be filled in.
   */
  constructor(
    vars: Readonly<Record<string, unknown>>,
    replicas: number,
    lost: (key: string, why: string) => void,
  ) {
    const number = replicas > 1 ? "$[replica - 1]" : "0";
    this.#vars = { PC_REPLICA_NUM: number, ...vars };
    this.#lost = lost;
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
