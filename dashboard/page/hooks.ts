/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * How components read the store, the time and the route.
 *
 * @module
 */

import { createContext } from "preact";
import {
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "preact/hooks";
import { parseRoute, type Route } from "./route.ts";
import type { State, Store } from "./store.ts";

/** The store of the page. */
export const StoreContext = createContext<Store | undefined>(undefined);

/** Returns the store. */
export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === undefined) throw new Error("The page has no store");
  return store;
}

/**
 * Returns a part of what the page knows, now and at each change of that part.
 *
 * @param select Returns the part: something that the state has, not something
 * new at each call.
 */
export function useKnown<Part>(select: (state: State) => Part): Part {
  const store = useStore();
  return useSubscribed(store, () => select(store.state));
}

/** What tells when it changes. */
interface Subject {
  /** Calls a function at each change; returns how to end that. */
  subscribe(listener: () => void): () => void;
}

/**
 * Returns a part of something, now and at each change of that part.
 *
 * @param subject What tells when it changes.
 * @param read Returns the part: something that it has, not something new at
 * each call.
 */
export function useSubscribed<Part>(subject: Subject, read: () => Part): Part {
  // It is read while rendering, so that all components show the same state.
  const part = read();
  const shown = useRef({ read, part });
  shown.current = { read, part };
  const [, render] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    const look = () => {
      const { read, part } = shown.current;
      if (!Object.is(read(), part)) render(undefined);
    };
    look();
    return subject.subscribe(look);
  }, [subject]);
  return part;
}

/**
 * Returns the time of what the page shows, now and every second. In a report,
 * and while the connection is lost, it stands still.
 *
 * @param counts Whether to go on counting.
 */
export function useNow(counts = true): number {
  const lost = useKnown(({ connection }) =>
    "since" in connection ? connection.since : undefined
  );
  const now = useClock(counts && lost === undefined);
  return lost ?? now;
}

/**
 * Returns the time, now and every second, also while the connection is lost.
 *
 * @param counts Whether to go on counting.
 */
export function useClock(counts = true): number {
  const { source, ticker } = useStore();
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!source.live || !counts) return;
    return ticker.subscribe(() => render(undefined));
  }, [source, ticker, counts]);
  return source.now();
}

/**
 * Returns what depends on the time of what the page shows, now and whenever it
 * is another value.
 *
 * @param select Returns it: a text or a number.
 */
export function useTimed<Part extends string | number>(
  select: (now: number) => Part,
): Part {
  const { source, ticker } = useStore();
  const lost = useKnown(({ connection }) =>
    "since" in connection ? connection.since : undefined
  );
  const part = select(lost ?? source.now());
  const shown = useRef({ select, part });
  shown.current = { select, part };
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!source.live || lost !== undefined) return;
    return ticker.subscribe(() => {
      const { select, part } = shown.current;
      if (select(source.now()) !== part) render(undefined);
    });
  }, [source, ticker, lost]);
  return part;
}

/**
 * Returns a function that does what the one of the last rendering does, and
 * stays the same, so that nothing is rendered for it.
 */
export function useSteady<Parameters extends readonly unknown[]>(
  act: (...parameters: Parameters) => void,
): (...parameters: Parameters) => void {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((...parameters) => latest.current(...parameters), []);
}

/** Whether what the page shows is current, so that things can be done to it. */
export function useLive(): boolean {
  return useKnown(({ connection }) => connection.kind === "live");
}

/** Returns where the page is, now and after each change. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    look();
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return useMemo(() => parseRoute(hash), [hash]);
}
