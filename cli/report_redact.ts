/**
 * Replaces secrets in the data of a report. The names of processes, and words
 * that have a fixed meaning, stay what they are.
 *
 * @module
 */

import type {
  EventView,
  LogItem,
  Presence,
  ProbeView,
  ProcessDetails,
  ProcessView,
  SupervisorView,
} from "../control/client.ts";
import type { ReportData } from "../dashboard/mod.ts";
import type { Redactor } from "./redact.ts";
import type { Collected } from "./report_collect.ts";

/**
 * Returns the data of a report without secrets.
 *
 * @param collected The data.
 * @param redactor What replaces secrets.
 */
export function withoutSecrets(
  collected: Collected,
  redactor: Redactor,
): ReportData {
  const { supervisor, processes, details, events, logs, presence } = collected;
  const safe = {
    ...collected,
    supervisor: supervisorOf(supervisor, redactor),
    presence: presence && presenceOf(presence, redactor),
    processes: processes.map((each) => processOf(each, redactor)),
    details: Object.fromEntries(
      Object.entries(details).map(([name, each]) => [
        name,
        each && detailsOf(each, redactor),
      ]),
    ),
    events: events.map((each) => eventOf(each, redactor)),
    logs: logsOf(logs, redactor),
  };
  return { ...safe, redacted: redactor.count };
}

function maybe(text: string | null, redactor: Redactor): string | null {
  return text === null ? null : redactor.text(text);
}

/** Returns a supervisor without secrets. */
export function supervisorOf(
  view: SupervisorView,
  redactor: Redactor,
): SupervisorView {
  const { config, source, cwd, logs, log } = view;
  const files = source?.files.map((file) => redactor.text(file));
  return {
    ...view,
    config: maybe(config, redactor),
    source: source && { ...source, files: files ?? [] },
    cwd: redactor.text(cwd),
    logs: maybe(logs, redactor),
    log: maybe(log, redactor),
  };
}

function presenceOf(presence: Presence, redactor: Redactor): Presence {
  if (presence.kind === "none") return presence;
  const { config, logs, log } = presence.record;
  const record = {
    ...presence.record,
    config: maybe(config, redactor),
    logs: maybe(logs, redactor),
    log: maybe(log, redactor),
  };
  return { ...presence, record };
}

/** Returns a process without secrets. */
export function processOf(view: ProcessView, redactor: Redactor): ProcessView {
  const { command, why, last } = view;
  return {
    ...view,
    command: redactor.args(command),
    why: redactor.text(why),
    last: last && {
      ...last,
      reason: redactor.text(last.reason),
      stderr: redactor.lines(last.stderr),
    },
  };
}

/** Returns the details of a process without secrets. */
export function detailsOf(
  details: ProcessDetails,
  redactor: Redactor,
): ProcessDetails {
  const { cwd, options, ready, live } = details;
  return {
    ...details,
    cwd: maybe(cwd, redactor),
    options: recordOf(options, redactor),
    ready: ready && probeOf(ready, redactor),
    live: live && probeOf(live, redactor),
  };
}

function probeOf(probe: ProbeView, redactor: Redactor): ProbeView {
  const { name, last } = probe;
  return {
    ...probe,
    name: redactor.text(name),
    last: last && { ...last, reason: maybe(last.reason, redactor) },
  };
}

/** Returns an event without secrets. */
export function eventOf(event: EventView, redactor: Redactor): EventView {
  return {
    ...event,
    text: redactor.text(event.text),
    details: recordOf(event.details, redactor),
  };
}

/** Returns a record without secrets. */
export function recordOf(
  record: Readonly<Record<string, unknown>>,
  redactor: Redactor,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      redactor.value(value, name),
    ]),
  );
}

/** Replaces secrets in lines; those of one output can belong together. */
export function logsOf(
  items: readonly LogItem[],
  redactor: Redactor,
): LogItem[] {
  const result = [...items];
  const outputs = Map.groupBy(items.keys(), (i) => {
    const item = items[i];
    return item?.kind === "line" ? `${item.source} ${item.process}` : "";
  });
  for (const places of outputs.values()) {
    const lines = places.flatMap((place) => {
      const item = items[place];
      return item?.kind === "line" ? { place, item } : [];
    });
    const texts = redactor.lines(
      lines.map(({ item }) => item.text),
      lines.map(({ item }) => item.truncated),
    );
    lines.forEach(({ place, item }, i) => {
      result[place] = { ...item, text: texts[i] ?? "" };
    });
  }
  return result;
}
