/**
 * Does what the user asks for: asks first where something ends, does nothing
 * twice at a time, and tells how it went.
 *
 * @module
 */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import {
  bodyOf,
  type Deed,
  doneText,
  failureText,
  keyOf,
  pendingText,
  type Question,
  questionOf,
  undoOf,
} from "./deeds.ts";
import { useSubscribed } from "./hooks.ts";
import { pause } from "./pause.ts";
import { messageOf } from "./source.ts";
import type { Store } from "./store.ts";

/** What is told about a deed. */
export interface Toast {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly title: string;
  readonly text: string;
  /** What takes it back. */
  readonly undo: Deed | undefined;
}

/** What is open over the page. */
export type Overlay =
  | {
    readonly kind: "question";
    readonly question: Question;
    readonly deed: Deed;
  }
  /** Asks which signal to send. */
  | { readonly kind: "signal"; readonly names: readonly string[] }
  | { readonly kind: "palette" }
  | { readonly kind: "help" };

/** What is going on. */
export interface Doings {
  readonly pending: ReadonlySet<string>;
  readonly toasts: readonly Toast[];
  readonly overlay: Overlay | null;
}

/**
 * How long a start is awaited, in milliseconds. It goes on after that, and the
 * browser has only six connections.
 */
const PATIENCE_MS = 6_000;

/** How many toasts are shown. */
const TOASTS = 4;

/** Does what the user asks for. */
export class Actions {
  readonly #store: Store;
  readonly #listeners = new Set<() => void>();
  #doings: Doings = { pending: new Set(), toasts: [], overlay: null };
  #lastId = 0;

  /** Creates the actions of a page. */
  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether anything can be done at all. */
  get allowed(): boolean {
    const { source } = this.#store;
    return source.live && !source.readOnly;
  }

  /** What is going on now. */
  get doings(): Doings {
    return this.#doings;
  }

  /** Calls a function at each change; returns how to end that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does something, or asks first if it ends something. */
  request(deed: Deed): void {
    if (!this.allowed) return;
    const question = questionOf(deed, this.#store.state.processes);
    if (question === undefined) this.#start(deed);
    else this.open({ kind: "question", question, deed });
  }

  /** Does what was asked about. */
  confirm(deed: Deed): void {
    this.close();
    this.#start(deed);
  }

  /** Opens something over the page. */
  open(overlay: Overlay): void {
    this.#set({ overlay });
  }

  /** Closes what is open over the page. */
  close(): void {
    this.#set({ overlay: null });
  }

  /** Takes a toast away. */
  dismiss(id: number): void {
    const toasts = this.#doings.toasts.filter((each) => each.id !== id);
    this.#set({ toasts });
  }

  #start(deed: Deed): void {
    const key = keyOf(deed);
    const { pending } = this.#doings;
    if (pending.has(key)) return;
    this.#set({ pending: new Set(pending).add(key) });
    this.#do(deed).finally(() => {
      const rest = new Set(this.#doings.pending);
      rest.delete(key);
      this.#set({ pending: rest });
      this.#store.refresh();
    });
  }

  /** Does something. Never rejects. */
  async #do(deed: Deed): Promise<void> {
    const over = new AbortController();
    const { source } = this.#store;
    try {
      const done = source.act(deed.action, bodyOf(deed), over.signal);
      const result = deed.action === "start"
        ? await Promise.race([
          done.then(() => "done" as const),
          pause(PATIENCE_MS, over.signal).then(() => "pending" as const),
        ])
        : await done.then(() => "done" as const);
      const title = result === "done" ? doneText(deed) : pendingText(deed);
      if (result === "pending") done.catch(() => {});
      this.#tell({ kind: "done", title, text: "", undo: undoOf(deed) });
    } catch (error) {
      const text = messageOf(error);
      const title = failureText(deed);
      this.#tell({ kind: "failed", title, text, undo: undefined });
    } finally {
      over.abort();
    }
  }

  #tell(toast: Omit<Toast, "id">): void {
    const id = ++this.#lastId;
    const toasts = [...this.#doings.toasts, { ...toast, id }].slice(-TOASTS);
    this.#set({ toasts });
  }

  #set(change: Partial<Doings>): void {
    this.#doings = { ...this.#doings, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** The actions of the page. */
export const ActionsContext = createContext<Actions | undefined>(undefined);

/** Returns the actions. */
export function useActions(): Actions {
  const actions = useContext(ActionsContext);
  if (actions === undefined) throw new Error("The page has no actions");
  return actions;
}

/** Returns a part of what is going on, now and at each change of that part. */
export function useDoings<Part>(select: (doings: Doings) => Part): Part {
  const actions = useActions();
  return useSubscribed(actions, () => select(actions.doings));
}
