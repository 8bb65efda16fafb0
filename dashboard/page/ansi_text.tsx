/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Shows what a process wrote.
 *
 * @module
 */

import "./ansi_text.css";
import { ansiSpans, markedSpans } from "./ansi.ts";
import type { Highlight } from "./highlight.ts";

/** Options of {@linkcode AnsiText}. */
export interface AnsiTextProps {
  /** What the process wrote. */
  readonly text: string;
  /** Finds what is marked. */
  readonly highlight?: Highlight | undefined;
  /** How much of it is shown, in characters; all by default. */
  readonly most?: number;
}

/** Shows a line with its colors. */
export function AnsiText({ text, highlight, most = Infinity }: AnsiTextProps) {
  const shown = text.length > most ? text.slice(0, most) : text;
  const spans = ansiSpans(shown);
  const plain = spans.map((span) => span.text).join("");
  const ranges = highlight?.find(plain) ?? [];
  return (
    <>
      {markedSpans(spans, ranges).map(({ text, classes, style, marked }, i) => {
        const className = classes.join(" ");
        if (marked) {
          return <mark key={i} class={`ansi-mark ${className}`}>{text}</mark>;
        }
        if (className === "" && style === undefined) return text;
        return (
          <span key={i} class={className} style={style ?? ""}>{text}</span>
        );
      })}
      {shown.length < text.length && (
        <span class="ansi-dim">… {text.length - shown.length} more</span>
      )}
    </>
  );
}
