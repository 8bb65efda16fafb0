/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The filters of the log.
 *
 * @module
 */

import type { Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import {
  isFiltering,
  LEVELS,
  type LogFilter,
  NO_FILTER,
} from "./log_filter.ts";
import { LogNames } from "./log_names.tsx";
import { LogTime } from "./log_time.tsx";

/** How long after the last key a search begins, in milliseconds. */
const TYPED_MS = 350;

/** What the filters show and change. */
export interface LogFiltersProps {
  readonly filter: LogFilter;
  /** The names of all processes. */
  readonly names: readonly string[];
  /** What is wrong with the regular expression. */
  readonly fault: string | undefined;
  readonly search: Ref<HTMLInputElement>;
  readonly onChange: (filter: LogFilter) => void;
}

/** The filters of the log. */
export function LogFilters(props: LogFiltersProps) {
  const { filter, names, onChange } = props;
  const change = (part: Partial<LogFilter>) => onChange({ ...filter, ...part });
  return (
    <div class="log-filters" role="search" aria-label="Filters">
      <div class="bar">
        <Search {...props} />
        <Choice
          label="Level"
          value={filter.level ?? ""}
          choices={[
            ["", "All levels"],
            ...LEVELS.map((each) =>
              [
                each,
                each === "error" ? "Errors" : `${upper(each)} and above`,
              ] as const
            ),
          ]}
          onChange={(value) =>
            change({ level: LEVELS.find((each) => each === value) })}
        />
        <Choice
          label="Output"
          value={filter.source ?? ""}
          choices={[
            ["", "Both outputs"],
            ["stdout", "stdout"],
            ["stderr", "stderr"],
          ]}
          onChange={(value) =>
            change({
              source: value === "stdout" || value === "stderr"
                ? value
                : undefined,
            })}
        />
        <Choice
          label="Run"
          value={filter.run === undefined ? "" : String(filter.run)}
          choices={runChoices(filter.run)}
          onChange={(value) =>
            change({ run: value === "" ? undefined : Number(value) })}
        />
        <LogTime filter={filter} onChange={change} />
        {isFiltering(filter) && (
          <button
            type="button"
            class="button"
            onClick={() => onChange(NO_FILTER)}
          >
            Clear filters
          </button>
        )}
      </div>
      <LogNames
        names={names}
        chosen={filter.names}
        onChange={(names) => change({ names })}
      />
    </div>
  );
}

/** The regular expression. */
function Search({ filter, fault, search, onChange }: LogFiltersProps) {
  const [text, setText] = useState(filter.grep);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setText(filter.grep), [filter.grep]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const commit = (grep: string) => {
    clearTimeout(timer.current);
    if (grep !== filter.grep) onChange({ ...filter, grep });
  };
  return (
    <span class="log-search">
      <input
        ref={search}
        class="field mono"
        type="search"
        placeholder="Search (regular expression)"
        aria-label="Search, a regular expression"
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : "log-fault"}
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck={false}
        maxLength={1_000}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => commit(value), TYPED_MS);
        }}
        onKeyDown={({ key }) => {
          if (key === "Enter") commit(text);
        }}
      />
      {fault !== undefined && (
        <span id="log-fault" class="log-fault" role="alert">{fault}</span>
      )}
    </span>
  );
}

/** One of several values. */
function Choice({ label, value, choices, onChange }: {
  label: string;
  value: string;
  choices: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  return (
    <select
      class="field"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    >
      {choices.map(([value, title]) => (
        <option key={value} value={value}>{title}</option>
      ))}
    </select>
  );
}

function runChoices(
  run: number | undefined,
): readonly (readonly [string, string])[] {
  const choices: (readonly [string, string])[] = [
    ["", "All runs"],
    ["0", "Newest run"],
    ["-1", "Run before"],
  ];
  if (run !== undefined && run !== 0 && run !== -1) {
    choices.push([String(run), `Run ${run}`]);
  }
  return choices;
}

function upper(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
