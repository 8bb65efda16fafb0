/**
 * Collects the options that an engine does not have.
 *
 * @module
 */

import type { Note } from "./exported.ts";
import type { Fate, Fates, OptionPath } from "./option_paths.ts";

/** The notes of an export. */
export class Notes {
  readonly #all: Note[] = [];

  /** All notes, in the order of the plan. */
  get all(): readonly Note[] {
    return this.#all;
  }

  /**
   * Adds a note, unless the same has been said about the entry.
   *
   * @param entry The entry; `undefined` for the whole plan.
   * @param option The option.
   * @param message What the engine does instead.
   */
  add(entry: string | undefined, option: string, message: string): void {
    const known = this.of(entry).some((note) =>
      note.option === option && note.message === message
    );
    if (!known) this.#all.push({ entry, option, message });
  }

  /**
   * Adds a note for each option that is set and that the engine has nothing
   * for.
   *
   * @param entry The entry; `undefined` for the whole plan.
   * @param set The options that are set.
   * @param fates What becomes of each option.
   */
  addUnmapped(
    entry: string | undefined,
    set: Iterable<OptionPath>,
    fates: Fates,
  ): void {
    for (const option of set) {
      const fate = fates[option];
      if ("none" in fate) this.add(entry, option, fate.none);
    }
  }

  /** Returns the notes about an entry, or about the whole plan. */
  of(entry: string | undefined): readonly Note[] {
    return this.#all.filter((note) => note.entry === entry);
  }
}

/**
 * Returns notes as paragraphs of comments, with a mark at those about options
 * that the engine has nothing for.
 *
 * @param notes The notes.
 * @param fates What becomes of each option.
 */
export function noteComments(
  notes: readonly Note[],
  fates: Readonly<Record<string, Fate>>,
): string[] {
  return notes.map(({ option, message }) => {
    const fate = fates[option];
    const mark = fate !== undefined && "none" in fate ? "Not mapped: " : "";
    return `${mark}${option}: ${message}`;
  });
}
