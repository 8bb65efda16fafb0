/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What needs attention, for components.
 *
 * @module
 */

import { useMemo, useRef } from "preact/hooks";
import { useKnown, useStore } from "./hooks.ts";
import { sharedByName } from "./share.ts";
import { type Trouble, troublesOf } from "./troubles.ts";

/** Returns what needs attention, now and after each change. */
export function useTroubles(): readonly Trouble[] {
  const { source } = useStore();
  const processes = useKnown(({ processes }) => processes);
  const events = useKnown(({ events }) => events);
  const before = useRef<readonly Trouble[]>([]);
  return useMemo(() => {
    const found = troublesOf(processes, events, source.now());
    return before.current = sharedByName(before.current, found);
  }, [processes, events]);
}
