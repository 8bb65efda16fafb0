/**
 * What the parts of a manifest are made from.
 *
 * @module
 */

import type { ContainerOptions, Note } from "./exported.ts";
import { KUBERNETES_FATES } from "./kubernetes_fates.ts";
import { Commented, type YamlValue } from "./yaml_text.ts";
import { noteComments, type Notes } from "./notes.ts";
import type { Subject } from "./subject.ts";

/** An entry, and what is said about it. */
export class EntryContext {
  readonly #placed = new Set<Note>();

  /**
   * @param subject The entry.
   * @param all All entries.
   * @param names The names of objects, by the names of entries and processes.
   * @param options The options of the export.
   * @param notes Gets what is said.
   */
  constructor(
    readonly subject: Subject,
    readonly all: readonly Subject[],
    readonly names: ReadonlyMap<string, string>,
    readonly options: ContainerOptions,
    readonly notes: Notes,
  ) {}

  /** Returns the name of the objects of an entry or a process. */
  nameOf(name: string): string {
    return this.names.get(name) ?? name;
  }

  /** Adds a note about the entry. */
  note(option: string, message: string): void {
    this.notes.add(this.subject.name, option, message);
  }

  /**
   * Returns a value with the notes about some options above it. A note stands
   * in one place only.
   *
   * @param options The path of an option, or what the paths of several match.
   * @param value The value.
   */
  above<Value extends YamlValue>(
    options: RegExp | string,
    value: Value,
  ): Value | Commented {
    const comments = this.#take(({ option }) =>
      typeof options === "string" ? option === options : options.test(option)
    );
    return comments.length === 0 ? value : new Commented(value, comments);
  }

  /** Returns the notes that stand nowhere yet. */
  rest(): string[] {
    return this.#take(() => true);
  }

  #take(wanted: (note: Note) => boolean): string[] {
    const taken = this.notes.of(this.subject.name).filter((note) =>
      !this.#placed.has(note) && wanted(note)
    );
    for (const note of taken) this.#placed.add(note);
    return noteComments(taken, KUBERNETES_FATES);
  }
}
