/**
 * Writes lines of the log as text or JSON, to copy and to download.
 *
 * @module
 */

import { plainText } from "./ansi.ts";
import type { LogItem, LogLine, LogQuery, Source } from "./source.ts";

/** How large a download is at most, in characters. */
export const MOST_CHARACTERS = 100_000_000;

/** How a download is written. */
export type ExportFormat = "text" | "json";

/** What a download consists of. */
export interface Export {
  readonly parts: readonly string[];
  readonly lines: number;
  /** Whether the limit was reached, so that newer lines are left out. */
  readonly cut: boolean;
}

/** Returns the texts of lines as they are shown. */
export function textOf(lines: readonly LogLine[]): string {
  return lines.map(({ text }) => plainText(text)).join("\n");
}

/** Writes an item with its time and process, and a line break. */
export function written(item: LogItem, format: ExportFormat): string {
  if (format === "json") return `${JSON.stringify(item)}\n`;
  const name = plainText(item.process);
  if (item.kind === "missed") {
    return `${name} | (${item.count} lines are missing)\n`;
  }
  const time = new Date(item.time).toISOString();
  const mark = item.source === "stderr" ? "!" : "|";
  return `${time} ${name} ${mark} ${plainText(item.text)}\n`;
}

/**
 * Reads all lines of a query, from the oldest on.
 *
 * @param progress Is told how many lines have been read, now and then.
 */
export async function exportLines(
  source: Source,
  { query, format, most = MOST_CHARACTERS, progress = () => {} }: {
    readonly query: LogQuery;
    readonly format: ExportFormat;
    readonly most?: number;
    readonly progress?: (lines: number) => void;
  },
  signal: AbortSignal,
): Promise<Export> {
  const parts: string[] = [];
  let [lines, characters] = [0, 0];
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  try {
    for await (const items of source.logs(query, both)) {
      const part = items.map((item) => written(item, format)).join("");
      if (characters + part.length > most) {
        return { parts, lines, cut: true };
      }
      parts.push(part);
      characters += part.length;
      lines += items.length;
      progress(lines);
      await new Promise((resolve) => setTimeout(resolve));
    }
  } finally {
    over.abort();
  }
  signal.throwIfAborted();
  return { parts, lines, cut: false };
}
