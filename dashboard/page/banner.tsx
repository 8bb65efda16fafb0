/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the page says above the views when what they show is not current.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { agoText, clockTime, dateTime } from "./format.ts";
import { useClock, useKnown, useStore } from "./hooks.ts";
import { deathWords, goneWords } from "./gone_words.ts";
import type { Presence } from "./source.ts";
import type { State } from "./store.ts";

/** Shows what is to be known about the connection; nothing if all is well. */
export function Banner() {
  const connection = useKnown(({ connection }) => connection);
  const supervisor = useKnown(({ supervisor }) => supervisor);
  switch (connection.kind) {
    case "disconnected":
      return <Disconnected since={connection.since} />;
    case "gone":
      return supervisor && <Gone connection={connection} />;
    case "report":
      return <ReportNote />;
    case "live":
      return <Restarted />;
    case "loading":
    case "locked":
      return null;
  }
}

/** Says that the server of the page does not answer. */
function Disconnected({ since }: { since: number }) {
  const store = useStore();
  const now = useClock();
  return (
    <Note tone="warn">
      <p>
        <strong>The server of this page does not answer</strong> since{" "}
        {clockTime(since)}{" "}
        ({agoText(now - since)}). The page shows what it knew then, and tries
        again every second. If the server was ended, <code>processman web</code>
        {" "}
        starts another one.
      </p>
      <button
        type="button"
        class="button button-small"
        onClick={() => store.retry()}
      >
        Try now
      </button>
    </Note>
  );
}

/** Says that there is no supervisor, and what became of it. */
export function Gone({ connection }: {
  connection: Extract<State["connection"], { kind: "gone" }>;
}) {
  const supervisor = useKnown(({ supervisor }) => supervisor);
  const { title, text, command } = goneWords(connection, supervisor);
  return (
    <Note tone="bad">
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        {text.map((each) => <p key={each}>{each}</p>)}
      </div>
      {command !== null && <CopyCommand command={command} />}
    </Note>
  );
}

/** Says that it was restarted, until that is dismissed. */
function Restarted() {
  const store = useStore();
  const at = useKnown(({ restartedAt }) => restartedAt);
  if (at === null) return null;
  return (
    <Note tone="busy">
      <p>
        <strong>The supervisor was restarted</strong> at{" "}
        {clockTime(at)}. What the page shows is from the new one.
      </p>
      <button
        type="button"
        class="button button-small"
        onClick={() => store.dismissRestart()}
      >
        Dismiss
      </button>
    </Note>
  );
}

/** Says what a report is, and whether its supervisor had died. */
function ReportNote() {
  const { source } = useStore();
  const supervisor = useKnown(({ supervisor }) => supervisor);
  const [presence, setPresence] = useState<Presence | null>(null);
  useEffect(() => {
    source.presence().then(setPresence).catch(() => {
      // The report can do without it.
    });
  }, [source]);
  const death = deathWords(presence, supervisor);
  return (
    <>
      <Note tone="idle">
        <p>
          <strong>This is a report</strong> of{" "}
          {dateTime(source.now())}: it does not change, and nothing can be done
          from it.
        </p>
      </Note>
      {death && (
        <Note tone="bad">
          <div>
            <p>
              <strong>{death.title}</strong>
            </p>
            {death.text.map((each) => <p key={each}>{each}</p>)}
          </div>
        </Note>
      )}
    </>
  );
}

function Note(
  { tone, children }: { tone: string; children: ComponentChildren },
) {
  return (
    <aside class={`banner tone-${tone}`} aria-label="Notice">
      {children}
    </aside>
  );
}

/** Shows a command with a button that copies it. */
export function CopyCommand({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    setCopied(true);
  };
  return (
    <span class="command">
      <code>{command}</code>
      <button
        type="button"
        class="button button-small"
        aria-label={`Copy: ${command}`}
        onClick={() => copy().catch(() => setCopied(false))}
      >
        {copied ? "Copied" : "Copy"}
      </button>
    </span>
  );
}
