/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Chooses the processes whose lines the log shows.
 *
 * @module
 */

import { useRef, useState } from "preact/hooks";
import { useMenu } from "./log_hooks.ts";
import { nameColor } from "./log_row.tsx";

/** How many names all have chips; of more, those that are chosen. */
const CHIPS = 12;

/** What can be chosen, and what is. */
export interface LogNamesProps {
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (names: string[]) => void;
}

/** Chooses the processes whose lines the log shows. */
export function LogNames({ names, chosen, onChange }: LogNamesProps) {
  const all = [...new Set([...names, ...chosen])];
  const few = all.length <= CHIPS;
  const toggle = (name: string) =>
    onChange(
      chosen.includes(name)
        ? chosen.filter((each) => each !== name)
        : [...chosen, name],
    );
  return (
    <div class="log-names bar" role="group" aria-label="Processes">
      <button
        type="button"
        class="chip"
        aria-pressed={chosen.length === 0}
        onClick={() => onChange([])}
      >
        All processes
      </button>
      {(few ? all : chosen).map((name) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed={chosen.includes(name)}
          onClick={() => toggle(name)}
        >
          <span class="log-dot" style={{ color: nameColor(name) }} aria-hidden>
            ●
          </span>
          {name}
        </button>
      ))}
      {!few && <Chooser names={all} chosen={chosen} toggle={toggle} />}
    </div>
  );
}

/** A list of names with a filter. */
function Chooser({ names, chosen, toggle }: {
  names: readonly string[];
  chosen: readonly string[];
  toggle: (name: string) => void;
}) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const details = useRef<HTMLDetailsElement>(null);
  const shown = names.filter((name) =>
    name.toLowerCase().includes(text.toLowerCase())
  );
  const close = useMenu(details);
  return (
    <details
      ref={details}
      class="log-menu"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <summary class="chip">Choose processes…</summary>
      {open && (
        <div class="log-menu-body panel">
          <input
            class="field"
            type="search"
            placeholder="Filter names"
            aria-label="Filter names"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <div class="log-choices" role="group" aria-label="Names">
            {shown.map((name) => (
              <label key={name} class="log-choice">
                <input
                  type="checkbox"
                  checked={chosen.includes(name)}
                  onChange={() => toggle(name)}
                />
                {name}
              </label>
            ))}
            {shown.length === 0 && (
              <p class="soft">No process has that name.</p>
            )}
          </div>
        </div>
      )}
    </details>
  );
}
