/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the page shows while it knows nothing: it is loading, locked, or there
 * is nothing to connect to.
 *
 * @module
 */

import { useEffect, useState } from "preact/hooks";
import { CopyCommand } from "./banner.tsx";
import { goneWords } from "./gone_words.ts";
import { useKnown, useStore } from "./hooks.ts";

/** How long an answer may take before that is shown, in milliseconds. */
const UNNOTICED_MS = 200;

/** Shows why there is nothing to show. */
export function NothingYet() {
  const connection = useKnown(({ connection }) => connection);
  const store = useStore();
  switch (connection.kind) {
    case "locked":
      return <Locked message={connection.message} />;
    case "gone": {
      const { title, text, command } = goneWords(connection, null);
      return (
        <div class="empty">
          <h2>{title}</h2>
          {text.map((each) => <p key={each}>{each}</p>)}
          {command !== null && <CopyCommand command={command} />}
        </div>
      );
    }
    case "disconnected":
      return (
        <div class="empty">
          <h2>Nothing answers</h2>
          <p>
            The page tries again every second. <code>processman web</code>{" "}
            starts another server.
          </p>
          <p>
            <button
              type="button"
              class="button"
              onClick={() => store.retry()}
            >
              Try now
            </button>
          </p>
        </div>
      );
    default:
      return <Skeleton />;
  }
}

/** Says how to get a link that works. */
function Locked({ message }: { message: string }) {
  return (
    <div class="empty">
      <h2>This page is locked</h2>
      <p>
        {message}. A link opens the page once, and its key stays in the tab that
        it was opened in.
      </p>
      <p>Run this for another link, in the folder of the configuration:</p>
      <CopyCommand command="processman web" />
    </div>
  );
}

/** Shows where things will be, if that takes long. */
function Skeleton() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), UNNOTICED_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div class="skeleton" aria-hidden="true">
      {[0, 1, 2, 3, 4, 5].map((each) => (
        <div
          key={each}
          class="skeleton-line"
        />
      ))}
    </div>
  );
}
