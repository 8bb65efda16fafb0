/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A source that reads the data of a report, which its page has in it. It asks
 * nothing and nobody: the page works offline.
 *
 * @module
 */

import type { Search } from "../../control/log_grep.ts";
import { readShelf } from "../../control/log_read.ts";
import type { Shelf } from "../../control/log_track.ts";
import { REPORT_ID, type ReportData } from "../report_data.ts";
import { reportShelf } from "./report_log.ts";
import {
  type EventView,
  type LogItem,
  type LogQuery,
  type Presence,
  type ProcessDetails,
  type ProcessView,
  RefusedError,
  type Source,
  type SupervisorView,
} from "./source.ts";

/** How many lines the source gives at once. */
const BATCH = 1_000;

/** Returns the data of a report; `undefined` if the page is not one. */
export function embeddedReport(): ReportData | undefined {
  const element = document.getElementById(REPORT_ID);
  const text = element?.textContent;
  return text ? JSON.parse(text) : undefined;
}

/** Reads the data of a report. */
export class ReportSource implements Source {
  readonly live = false;
  readonly readOnly = true;
  /** The report. */
  readonly data: ReportData;
  readonly #shelf: Shelf;

  /** Creates a source for the data of a report. */
  constructor(data: ReportData) {
    this.data = data;
    this.#shelf = reportShelf(data.logs, data.events);
  }

  now(): number {
    return this.data.madeAt;
  }

  supervisor(): Promise<SupervisorView> {
    return Promise.resolve(this.data.supervisor);
  }

  processes(): Promise<ProcessView[]> {
    return Promise.resolve([...this.data.processes]);
  }

  details(name: string): Promise<ProcessDetails> {
    const { details } = this.data;
    const known = Object.hasOwn(details, name) ? details[name] : undefined;
    return known ? Promise.resolve(known) : Promise.reject(
      new RefusedError(`The report has no details of process "${name}"`),
    );
  }

  async *events(
    { after }: { after: number; follow: boolean },
    signal: AbortSignal,
  ): AsyncGenerator<readonly EventView[]> {
    const events = this.data.events.filter(({ id }) => id > after);
    if (events.length > 0 && !signal.aborted) yield await events;
  }

  /** Reads lines. There is nothing to follow, so it always ends. */
  async *logs(
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogItem[]> {
    let batch: LogItem[] = [];
    for await (const item of this.#read(query, signal)) {
      batch.push(item);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  act(): Promise<void> {
    return Promise.reject(new RefusedError("A report cannot change anything"));
  }

  presence(): Promise<Presence | null> {
    return Promise.resolve(this.data.presence ?? null);
  }

  #read(query: LogQuery, signal: AbortSignal): AsyncIterable<LogItem> {
    try {
      return readShelf(() => this.#shelf, query, signal, searchHere);
    } catch (error) {
      throw new RefusedError(error instanceof Error ? error.message : "");
    }
  }
}

/**
 * Searches in this thread. A page that was opened as a file may have no Worker,
 * and an expression that takes long keeps only its own tab busy.
 */
function searchHere(grep: string): Search {
  const pattern = new RegExp(grep);
  return {
    test: (texts) => Promise.resolve(texts.map((text) => pattern.test(text))),
    [Symbol.dispose]() {},
  };
}
