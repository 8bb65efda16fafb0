/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Short messages about what was done, at the edge of the page.
 *
 * @module
 */

import { useEffect, useState } from "preact/hooks";
import { type Toast, useActions, useDoings } from "./actions.ts";

/** How long a message that something was done is shown, in milliseconds. */
const SHOWN_MS = 10_000;

/** Shows the messages. */
export function Toasts() {
  const toasts = useDoings(({ toasts }) => toasts);
  return (
    <div class="toasts" role="region" aria-label="Messages" aria-live="polite">
      {toasts.map((toast) => <Message key={toast.id} toast={toast} />)}
    </div>
  );
}

function Message({ toast }: { toast: Toast }) {
  const actions = useActions();
  const { id, kind, title, text, undo } = toast;
  // It stays while somebody reads it, and an error until it is dismissed.
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held || kind === "failed") return;
    const timer = setTimeout(() => actions.dismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held]);
  return (
    <div
      class={`toast toast-${kind}`}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <div class="toast-text">
        <p class="toast-title">{title}</p>
        {text !== "" && <p class="soft">{text}</p>}
      </div>
      {undo && (
        <button
          type="button"
          class="button button-small"
          aria-label={`Undo: ${title}`}
          onClick={() => {
            actions.dismiss(id);
            actions.request(undo);
          }}
        >
          Undo
        </button>
      )}
      <button
        type="button"
        class="button button-small button-quiet"
        aria-label={`Dismiss: ${title}`}
        onClick={() => actions.dismiss(id)}
      >
        Dismiss
      </button>
    </div>
  );
}
