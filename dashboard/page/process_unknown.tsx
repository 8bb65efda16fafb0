/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What is shown when no process has the name in the address.
 *
 * @module
 */

import { nearest } from "../../plan/nearest.ts";
import { useKnown } from "./hooks.ts";
import { ProcessLink } from "./process_panel.tsx";
import { linkTo } from "./route.ts";

/** How many names are offered. */
const MOST = 6;

/** Shows that there is no such process, and names that were perhaps meant. */
export function UnknownProcess({ name }: { name: string }) {
  const connection = useKnown((state) => state.connection.kind);
  const processes = useKnown((state) => state.processes);
  const supervisor = useKnown((state) => state.supervisor);
  if (supervisor === null) {
    return (
      <div class="empty">
        <p>{connection === "loading" ? "Loading…" : "Nothing is known yet."}</p>
      </div>
    );
  }
  const near = nearNames(name, processes.map((process) => process.name));
  return (
    <div class="empty">
      <h2>{name === "" ? "Which process?" : <>No process “{name}”</>}</h2>
      <p class="soft">
        {processes.length === 0
          ? `${supervisor.name} has no processes.`
          : `${supervisor.name} has no process of this name, or has no more.`}
      </p>
      {near.length > 0 && (
        <p>
          Perhaps {near.map((each, i) => (
            <span key={each}>
              {i === 0 ? "" : i === near.length - 1 ? " or " : ", "}
              <ProcessLink name={each} />
            </span>
          ))}
          ?
        </p>
      )}
      <p>
        <a href={linkTo("grid")}>All processes</a>
      </p>
    </div>
  );
}

/** Returns the names that were perhaps meant, the most similar ones first. */
function nearNames(name: string, names: readonly string[]): string[] {
  if (name === "") return names.slice(0, MOST);
  const lower = name.toLowerCase();
  const found = new Set<string>();
  const best = nearest(name, names);
  if (best !== undefined) found.add(best);
  for (const each of names) {
    const other = each.toLowerCase();
    if (other.includes(lower) || lower.includes(other)) found.add(each);
  }
  return [...found].slice(0, MOST);
}
