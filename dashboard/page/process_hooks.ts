/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the view of a process asks for by itself: the details of the process,
 * and its last lines. It asks while the page is visible, and only then.
 *
 * @module
 */

import { useEffect, useState } from "preact/hooks";
import { useKnown, useStore } from "./hooks.ts";
import { pause } from "./pause.ts";
import {
  type LogLine,
  messageOf,
  type ProcessDetails,
  type ProcessView,
  type Source,
} from "./source.ts";
import { untilVisible, whileVisible } from "./visible.ts";

/** How often details are asked for again, because probes give answers, in ms. */
const AGAIN_MS = 5_000;

/** How long to wait before another attempt to read lines, in milliseconds. */
const RETRY_MS = 1_000;

/** What is known of the details of a process. */
export type Details =
  | { readonly kind: "loading" }
  | { readonly kind: "known"; readonly details: ProcessDetails }
  | { readonly kind: "failed"; readonly message: string };

/** Returns the details of a process, and asks again when it has changed. */
export function useDetails({ name, run, state, ready }: ProcessView): Details {
  const { source } = useStore();
  const connected = useKnown(({ connection }) => connection.kind);
  const startedAt = useKnown(({ supervisor }) => supervisor?.startedAt);
  const [found, setFound] = useState<Details>({ kind: "loading" });
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    keepAsking(source, name, signal, (next) => {
      if (signal.aborted) return;
      // What was known is better than a message about a lost connection.
      setFound((last) =>
        next.kind === "failed" && isOf(last, name) ? last : next
      );
    });
    return () => over.abort();
  }, [source, name, run, state, ready, connected, startedAt]);
  return found.kind !== "known" || isOf(found, name)
    ? found
    : { kind: "loading" };
}

function isOf(found: Details, name: string): boolean {
  return found.kind === "known" && found.details.name === name;
}

async function keepAsking(
  source: Source,
  name: string,
  signal: AbortSignal,
  tell: (found: Details) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      tell({ kind: "known", details: await source.details(name) });
    } catch (error) {
      const message = messageOf(error);
      tell({ kind: "failed", message });
    }
    if (!source.live) return;
    await pause(AGAIN_MS, signal);
    await untilVisible(signal);
  }
}

/** Returns the last lines of a process, now and as they come. */
export function useTail(
  name: string,
  count: number,
): readonly LogLine[] | undefined {
  const { source } = useStore();
  const [tail, setTail] = useState<
    { readonly name: string; readonly lines: readonly LogLine[] }
  >();
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const tell = (lines: readonly LogLine[]) => {
      if (!signal.aborted) setTail({ name, lines });
    };
    keepReading({ source, name, count, tell }, signal);
    return () => over.abort();
  }, [source, name, count]);
  return tail?.name === name ? tail.lines : undefined;
}

/** Which lines to read, and what to do with them. */
interface Reading {
  readonly source: Source;
  readonly name: string;
  readonly count: number;
  readonly tell: (lines: readonly LogLine[]) => void;
}

async function keepReading(
  reading: Reading,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await untilVisible(signal);
    using visible = whileVisible(signal);
    try {
      await readTail(reading, visible.signal);
      if (!reading.source.live) return;
    } catch {
      // The frame of the page says that the connection is lost.
    }
    await pause(RETRY_MS, signal);
  }
}

/** Reads the last lines, and follows. Throws when the connection is lost. */
async function readTail(
  { source, name, count, tell }: Reading,
  signal: AbortSignal,
): Promise<void> {
  let lines: LogLine[] = [];
  const names = [name];
  // The name of an entry stands for its replicas too: they are left out.
  const add = async (query: Parameters<Source["logs"]>[0]) => {
    for await (const items of source.logs(query, signal)) {
      for (const item of items) {
        if (item.kind === "line" && item.process === name) lines.push(item);
      }
      lines = lines.slice(-count);
      tell(lines);
    }
  };
  await add({ names, lines: count });
  tell(lines);
  if (!source.live) return;
  const after = { [name]: lines.at(-1)?.seq ?? 0 };
  await add({ names, lines: 0, after, follow: true });
}
