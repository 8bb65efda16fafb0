/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Downloads all lines that match.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { counted } from "./format.ts";
import {
  type ExportFormat,
  exportLines,
  MOST_CHARACTERS,
} from "./log_export.ts";
import { useMenu } from "./log_hooks.ts";
import { type LogQuery, messageOf, type Source } from "./source.ts";

/** How long a download is kept after it was handed to the browser. */
const KEPT_MS = 60_000;

/** What is downloaded. */
export interface LogDownloadProps {
  readonly source: Source;
  /** Returns which lines. */
  readonly query: () => LogQuery;
  /** Says how it ended. */
  readonly say: (text: string) => void;
}

/** Downloads all lines that match. */
export function LogDownload({ source, query, say }: LogDownloadProps) {
  const [lines, setLines] = useState<number | undefined>(undefined);
  const scope = useRef<AbortController | undefined>(undefined);
  const menu = useRef<HTMLDetailsElement>(null);
  const close = useMenu(menu);
  useEffect(() => () => scope.current?.abort(), []);
  const download = async (format: ExportFormat) => {
    if (menu.current !== null) menu.current.open = false;
    const { signal } = scope.current = new AbortController();
    setLines(0);
    try {
      const options = { query: query(), format, progress: setLines };
      const result = await exportLines(source, options, signal);
      save(new Blob([...result.parts]), format);
      const count = counted(result.lines, "line");
      say(
        result.cut
          ? `Downloaded the first ${count}: a download has at most ${LIMIT}`
          : `Downloaded ${count}`,
      );
    } catch (error) {
      const why = messageOf(error);
      say(signal.aborted ? "The download was cancelled" : why);
    }
    setLines(undefined);
  };
  if (lines !== undefined) {
    return (
      <span class="bar">
        <span class="number">{counted(lines, "line")} read</span>
        <button
          type="button"
          class="button button-small"
          onClick={() => scope.current?.abort()}
        >
          Cancel download
        </button>
      </span>
    );
  }
  return (
    <details
      ref={menu}
      class="log-menu log-menu-end"
      onKeyDown={({ key }) => {
        if (key === "Escape") close();
      }}
    >
      <summary class="button button-small">Download…</summary>
      <div class="log-menu-body panel">
        <p class="soft small">
          All lines that match, also those on disk, the oldest first; at most
          {" "}
          {LIMIT}.
        </p>
        <div class="bar">
          <button
            type="button"
            class="button"
            onClick={() => download("text")}
          >
            As text
          </button>
          <button
            type="button"
            class="button"
            onClick={() => download("json")}
          >
            As JSON lines
          </button>
        </div>
      </div>
    </details>
  );
}

const LIMIT = `${MOST_CHARACTERS / 1_000_000} MB`;

/** Hands a file to the browser. */
function save(file: Blob, format: ExportFormat): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  link.download = `log-${time}.${format === "json" ? "jsonl" : "txt"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
