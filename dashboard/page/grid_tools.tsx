/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What is above the table: the filter, the order, and what can be done to the
 * selected processes.
 *
 * @module
 */

import { useActions } from "./actions.ts";
import { DeedButton } from "./action_buttons.tsx";
import { fits } from "./deeds.ts";
import { type GridPlace, toggledState } from "./grid_place.ts";
import { type GridState, STATES } from "./grid_rows.ts";
import { useLive, useStore } from "./hooks.ts";
import type { Action, ProcessView } from "./source.ts";
import { MARKS, type Tone } from "./state_words.ts";

/** The tones of the states. */
const TONES: Readonly<Record<GridState, Tone>> = {
  failed: "bad",
  crashing: "bad",
  blocked: "bad",
  "not ready": "warn",
  waiting: "warn",
  changing: "busy",
  running: "good",
  completed: "good",
  ended: "idle",
  stopped: "idle",
  "not started": "idle",
};

/** Shows the filter and the order, and what can be done to a selection. */
export function GridTools({ place, counts, total, go, selected, clear }: {
  place: GridPlace;
  counts: ReadonlyMap<GridState, number>;
  total: number;
  go: (place: GridPlace) => void;
  selected: readonly ProcessView[];
  clear: () => void;
}) {
  const { text, states, order } = place;
  const shown = STATES.filter((each) => counts.has(each) || states.has(each));
  return (
    <div class="grid-tools">
      <input
        class="field grid-search"
        type="search"
        data-search
        aria-label="Filter by name, command or reason"
        placeholder="Filter ( / )"
        value={text}
        onInput={(event) => go({ ...place, text: event.currentTarget.value })}
        onKeyDown={(event) =>
          event.key === "Escape" && go({ ...place, text: "" })}
      />
      <div class="bar grid-chips" role="group" aria-label="Filter by state">
        <button
          type="button"
          class="chip"
          aria-pressed={states.size === 0}
          onClick={() => go({ ...place, states: new Set() })}
        >
          all <span class="number">{total}</span>
        </button>
        {shown.map((state) => (
          <button
            key={state}
            type="button"
            class="chip"
            aria-pressed={states.has(state)}
            onClick={() =>
              go({ ...place, states: toggledState(states, state) })}
          >
            <span
              class={`badge-mark tone-text tone-${TONES[state]}`}
              aria-hidden="true"
            >
              {MARKS[TONES[state]]}
            </span>
            {state} <span class="number">{counts.get(state) ?? 0}</span>
          </button>
        ))}
      </div>
      <label class="grid-order bar-rest">
        Order{" "}
        <select
          class="field"
          value={order}
          onChange={(event) => {
            const plan = event.currentTarget.value === "plan";
            go({ ...place, order: plan ? "plan" : "trouble" });
          }}
        >
          <option value="trouble">trouble first</option>
          <option value="plan">as planned</option>
        </select>
      </label>
      {selected.length > 0 && <Bulk selected={selected} clear={clear} />}
      <ReadOnly />
    </div>
  );
}

/** Says once that nothing can be done. */
function ReadOnly() {
  const { source } = useStore();
  if (!source.live || !source.readOnly) return null;
  return (
    <p class="soft small grid-readonly">
      This page is read-only: it shows everything and changes nothing.
    </p>
  );
}

const BULK: readonly Action[] = ["start", "stop", "restart", "kill"];

/** Shows what can be done to the selected processes. */
function Bulk({ selected, clear }: {
  selected: readonly ProcessView[];
  clear: () => void;
}) {
  const actions = useActions();
  const live = useLive();
  const signalled = selected.filter((each) => live && fits("signal", each));
  return (
    <div class="bar grid-bulk" role="group" aria-label="Selected processes">
      <strong class="number">{selected.length} selected</strong>
      {BULK.map((action) => {
        const names = selected.filter((each) =>
          fits(action, each)
        )
          .map(({ name }) =>
            name
          );
        const title = `${action} selected: ${names.join(", ") || "none fits"}`;
        return (
          <DeedButton
            key={action}
            deed={{ action, names }}
            disabled={names.length === 0}
            title={title[0]?.toUpperCase() + title.slice(1)}
          />
        );
      })}
      <button
        type="button"
        class="button button-small"
        aria-disabled={signalled.length === 0}
        onClick={() => {
          if (signalled.length === 0) return;
          const names = signalled.map(({ name }) => name);
          actions.open({ kind: "signal", names });
        }}
      >
        Signal…
      </button>
      <button
        type="button"
        class="button button-small button-quiet bar-rest"
        onClick={clear}
      >
        Clear selection
      </button>
    </div>
  );
}
