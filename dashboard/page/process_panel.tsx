/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the parts of the view of a process are made of.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { AnsiText } from "./ansi_text.tsx";
import { agoText, dateTime } from "./format.ts";
import { useNow } from "./hooks.ts";
import { linkTo } from "./route.ts";

/** The longest line that is shown in full, in characters. */
const MOST = 2_000;

/** A part of the view, with its title, and with links beside that. */
export function Panel(
  { title, aside, children }: {
    title: string;
    aside?: ComponentChildren;
    children: ComponentChildren;
  },
) {
  const id = useId();
  return (
    <section class="panel process-panel" aria-labelledby={id}>
      <div class="panel-title bar">
        <h3 id={id}>{title}</h3>
        {aside !== undefined && (
          <span class="bar-rest process-aside">{aside}</span>
        )}
      </div>
      <div class="panel-body">{children}</div>
    </section>
  );
}

/** A name and what is known under it, in a list of these. */
export function Fact(
  { name, children }: { name: string; children: ComponentChildren },
) {
  return (
    <div class="process-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A link to the view of a process. */
export function ProcessLink({ name }: { name: string }) {
  return (
    <a class="process-link" href={linkTo("process", { name })}>
      {name}
    </a>
  );
}

/** How long ago something was, with the time on hover. */
export function Ago({ time }: { time: number }) {
  const now = useNow();
  return (
    <time
      class="number"
      dateTime={new Date(time).toISOString()}
      title={dateTime(time)}
    >
      {agoText(now - time)}
    </time>
  );
}

/** Lines that a process wrote to stderr. */
export function Stderr(
  { lines, label }: { lines: readonly string[]; label: string },
) {
  return (
    <pre class="process-stderr" tabIndex={0} role="region" aria-label={label}>
      {lines.map((line, i) => (
        <span key={i} class="process-stderr-line">
          <AnsiText text={line} most={MOST} />
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

/** A button that copies a text, and says so. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("Not allowed: select the text, and copy it");
    }
  };
  return (
    <>
      <span class="small soft" role="status">{said}</span>
      <button
        type="button"
        class="button button-small"
        onClick={copy}
        onBlur={() => setSaid("")}
      >
        Copy<span class="unseen">{what}</span>
      </button>
    </>
  );
}
