/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The header: the name of the supervisor, the views, and the connection.
 *
 * @module
 */

import { useActions } from "./actions.ts";
import { useKnown, useStore } from "./hooks.ts";
import { Menu } from "./menu.tsx";
import { linkTo, type Route, type ViewName } from "./route.ts";
import type { Connection } from "./store.ts";
import { MARKS, type Tone } from "./state_words.ts";

const TABS: readonly (readonly [ViewName, string])[] = [
  ["grid", "Processes"],
  ["log", "Log"],
  ["graph", "Graph"],
  ["time", "Time line"],
];

/** Shows the header. */
export function Header({ route }: { route: Route }) {
  const name = useKnown(({ supervisor }) => supervisor?.name ?? "processman");
  return (
    <header class="head">
      <h1 class="head-name">
        <a href={linkTo("grid")}>{name}</a>
      </h1>
      <nav class="head-tabs" aria-label="Views">
        {TABS.map(([view, title]) => (
          <a
            key={view}
            class="head-tab"
            href={linkTo(view)}
            aria-current={view === route.view ? "page" : undefined}
          >
            {title}
          </a>
        ))}
        {route.view === "process" && (
          <a class="head-tab" href={location.hash} aria-current="page">
            {route.name}
          </a>
        )}
      </nav>
      <Status />
      <Tools />
    </header>
  );
}

/** Says whether what the page shows is current. */
function Status() {
  const { source } = useStore();
  const { kind } = useKnown(({ connection }) => connection);
  const [tone, words] = STATUS[kind];
  return (
    <p class={`head-status tone-${tone}`} role="status">
      <span class="badge-mark tone-text" aria-hidden="true">{MARKS[tone]}</span>
      {words}
      {source.live && source.readOnly && kind === "live" && ", read-only"}
    </p>
  );
}

const STATUS: Readonly<Record<Connection["kind"], readonly [Tone, string]>> = {
  loading: ["busy", "Connecting"],
  live: ["good", "Live"],
  report: ["idle", "Report"],
  disconnected: ["warn", "Disconnected, retrying"],
  gone: ["bad", "Supervisor not running"],
  locked: ["bad", "Locked"],
};

/** The palette, the shortcuts, and what concerns the supervisor. */
function Tools() {
  const actions = useActions();
  const live = useKnown(({ connection }) => connection.kind === "live");
  const shutdown = {
    title: "Shut down the supervisor…",
    danger: true,
    disabled: !live,
    act: () => actions.request({ action: "shutdown", names: [] }),
  };
  return (
    <div class="head-tools">
      <button
        type="button"
        class="button button-small head-palette"
        aria-keyshortcuts="Control+K"
        onClick={() => actions.open({ kind: "palette" })}
      >
        Find or do <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <Menu label="Menu" name="Menu" small>
        {[
          {
            title: "Keyboard shortcuts",
            act: () => actions.open({ kind: "help" }),
          },
          ...actions.allowed ? [shutdown] : [],
        ]}
      </Menu>
    </div>
  );
}
