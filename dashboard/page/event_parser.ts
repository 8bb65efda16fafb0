/**
 * Splits the text of a stream of server-sent events into their data.
 *
 * @module
 */

import { RefusedError } from "./source.ts";

/** Parses server-sent events, whose data is JSON, as their text arrives. */
export class EventParser<T> {
  #rest = "";

  /**
   * Adds text.
   *
   * @returns The data of the events that it completes.
   * @throws {RefusedError} If an event tells that the stream has failed.
   */
  add(text: string): T[] {
    this.#rest += text;
    const end = this.#rest.lastIndexOf("\n\n");
    if (end < 0) return [];
    const blocks = this.#rest.slice(0, end).split("\n\n");
    this.#rest = this.#rest.slice(end + 2);
    return blocks.flatMap((block) => this.#data(block));
  }

  #data(block: string): T[] {
    let data = "";
    let kind = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith("event: ")) kind = line.slice(7);
    }
    if (data === "") return [];
    const value = JSON.parse(data);
    if (kind === "error") {
      throw new RefusedError(
        String(value?.error?.message ?? "The stream failed"),
      );
    }
    return [value];
  }
}
