/**
 * Collects what is wrong with a plan, so that its author sees all of it at once.
 *
 * @module
 */

/** The faults that have been found so far. */
export class Faults {
  readonly #found: unknown[] = [];

  /** How many faults have been found. */
  get count(): number {
    return this.#found.length;
  }

  /** Returns the result of a check; `undefined` if it has found a fault. */
  in<Result>(check: () => Result): Result | undefined {
    try {
      return check();
    } catch (error) {
      this.#found.push(error);
      return undefined;
    }
  }

  /** Adds a fault. */
  add(message: string): void {
    this.#found.push(new TypeError(message));
  }

  /** Adds the faults that have been found elsewhere. */
  join(other: Faults): void {
    this.#found.push(...other.#found);
  }

  /**
   * Does nothing if there is no fault.
   *
   * @throws The fault, if there is one.
   * @throws {AggregateError} All faults, if there are several.
   */
  throwAny(): void {
    if (this.#found.length === 0) return;
    if (this.#found.length === 1) throw this.#found[0];
    const messages = this.#found.map((fault) =>
      fault instanceof Error ? fault.message : String(fault)
    );
    throw new AggregateError(
      this.#found,
      `Cannot make the plan, for ${messages.length} reasons:${
        messages.map((message) => `\n- ${message}`).join("")
      }`,
    );
  }
}
