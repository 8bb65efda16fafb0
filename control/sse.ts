/**
 * Server-sent events.
 *
 * @module
 */

import type { Answer } from "./http_exchange.ts";
import { problemOf } from "./problem.ts";
import type { EventView, LogItem, OutputItem } from "./wire.ts";

/** Returns an answer that consists of lines or events. */
export function serverSentEvents(
  items: AsyncIterable<LogItem | EventView | OutputItem>,
): Answer {
  return { status: 200, type: "text/event-stream", body: encoded(items) };
}

/** Writes one item. An event `error` with a problem ends what has failed. */
export function encode(item: LogItem | EventView | OutputItem): string {
  const data = JSON.stringify(item);
  if ("id" in item) return `event: event\nid: ${item.id}\ndata: ${data}\n\n`;
  if (item.kind !== "line") return `event: ${item.kind}\ndata: ${data}\n\n`;
  const { process, seq } = item;
  // The name of a process can contain a line break, which would end the field.
  const id = /[\r\n\0]/.test(process) ? "" : `id: ${process}:${seq}\n`;
  return `event: line\n${id}data: ${data}\n\n`;
}

async function* encoded(
  items: AsyncIterable<LogItem | EventView | OutputItem>,
): AsyncGenerator<string, void> {
  try {
    for await (const item of items) yield encode(item);
  } catch (error) {
    const { view } = problemOf(error);
    yield `event: error\ndata: ${JSON.stringify(view)}\n\n`;
  }
}
