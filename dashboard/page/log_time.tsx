/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Chooses the time of which the log shows lines.
 *
 * @module
 */

import { useState } from "preact/hooks";
import { dateTime } from "./format.ts";
import type { LogFilter } from "./log_filter.ts";

const MINUTE_MS = 60_000;

/** How far back, in milliseconds, and in words. */
const RANGES: readonly (readonly [number, string])[] = [
  [5 * MINUTE_MS, "Last 5 minutes"],
  [15 * MINUTE_MS, "Last 15 minutes"],
  [60 * MINUTE_MS, "Last hour"],
  [24 * 60 * MINUTE_MS, "Last day"],
];

/** What is chosen. */
export interface LogTimeProps {
  readonly filter: LogFilter;
  readonly onChange: (part: Partial<LogFilter>) => void;
}

/** Chooses the time of which the log shows lines. */
export function LogTime({ filter, onChange }: LogTimeProps) {
  const { last, since, until } = filter;
  const fixed = since !== undefined || until !== undefined;
  const [custom, setCustom] = useState(false);
  const value = last !== undefined
    ? String(last)
    : fixed || custom
    ? "custom"
    : "";
  const choose = (value: string) => {
    setCustom(value === "custom");
    if (value === "custom") onChange({ last: undefined });
    else {
      const last = value === "" ? undefined : Number(value);
      onChange({ last, since: undefined, until: undefined });
    }
  };
  const known = RANGES.some(([ms]) => ms === last) || last === undefined;
  return (
    <>
      <select
        class="field"
        aria-label="Time"
        value={value}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        <option value="">All time</option>
        {RANGES.map(([ms, title]) => (
          <option key={ms} value={String(ms)}>{title}</option>
        ))}
        {!known && (
          <option value={String(last)}>
            Last {Math.round((last ?? 0) / MINUTE_MS)} minutes
          </option>
        )}
        <option value="custom">From … to …</option>
      </select>
      {value === "custom" && (
        <>
          <Moment
            label="From"
            time={since}
            onChange={(since) => onChange({ since })}
          />
          <Moment
            label="To"
            time={until}
            onChange={(until) => onChange({ until })}
          />
        </>
      )}
    </>
  );
}

function Moment({ label, time, onChange }: {
  label: string;
  time: number | undefined;
  onChange: (time: number | undefined) => void;
}) {
  const value = time === undefined ? "" : dateTime(time).replace(" ", "T");
  return (
    <label class="log-moment">
      {label}{" "}
      <input
        class="field"
        type="datetime-local"
        step={1}
        value={value}
        onChange={({ currentTarget }) => {
          const time = new Date(currentTarget.value).getTime();
          onChange(Number.isNaN(time) ? undefined : time);
        }}
      />
    </label>
  );
}
