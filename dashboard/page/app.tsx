/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The frame of the page: its header, and the view that the address names.
 *
 * @module
 */

import "./app.css";
import "./frame.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { announcementOf, titleOf } from "./announcements.ts";
import { Banner } from "./banner.tsx";
import { Overlays } from "./confirm_dialog.tsx";
import { GraphView } from "./graph_view.tsx";
import { GridView } from "./grid_view.tsx";
import { Header } from "./header.tsx";
import { useKnown, useRoute } from "./hooks.ts";
import { LogView } from "./log_view.tsx";
import { NothingYet } from "./nothing_yet.tsx";
import { ProcessView } from "./process_view.tsx";
import type { Route } from "./route.ts";
import { isTyping, shortcutOf } from "./shortcuts.ts";
import { TimeView } from "./time_view.tsx";
import { Toasts } from "./toasts.tsx";
import type { Trouble } from "./troubles.ts";
import { useTroubles } from "./use_troubles.ts";

const VIEWS = {
  grid: GridView,
  log: LogView,
  graph: GraphView,
  time: TimeView,
  process: ProcessView,
};

/** The page. */
export function App() {
  const route = useRoute();
  const known = useKnown(({ supervisor }) => supervisor !== null);
  const kind = useKnown(({ connection }) => connection.kind);
  const main = useRef<HTMLElement>(null);
  useShortcuts(main);
  useFocusOnMain(main, `${route.view}/${route.name}`);
  const stale = kind === "disconnected" || kind === "gone";
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <Header route={route} />
      <Banner />
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        class={stale ? "main-stale" : ""}
      >
        {known && kind !== "locked" ? <View route={route} /> : <NothingYet />}
      </main>
      <Toasts />
      <Overlays />
      <Announcer />
    </>
  );
}

function View({ route }: { route: Route }) {
  const Shown = VIEWS[route.view];
  return <Shown route={route} />;
}

/** Puts the focus on the content after a change of the view. */
function useFocusOnMain(
  main: { readonly current: HTMLElement | null },
  place: string,
): void {
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    scrollTo(0, 0);
    const { activeElement } = document;
    // A tab that was clicked keeps the focus.
    if (activeElement === null || activeElement === document.body) {
      main.current?.focus({ preventScroll: true });
    }
  }, [place]);
}

/** Does what the keys do that work everywhere. */
function useShortcuts(main: { readonly current: HTMLElement | null }): void {
  const actions = useActions();
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      leaveSearch(event, main.current);
      const does = shortcutOf(event, isTyping(event.target));
      if (does === undefined) return;
      if (does.kind === "rows" && !isIdle(main.current)) return;
      const { overlay } = actions.doings;
      if (overlay !== null) {
        if (does.kind === "palette") event.preventDefault();
        return;
      }
      event.preventDefault();
      if (does.kind === "go") location.hash = does.link;
      else if (does.kind === "search") searchField(main.current)?.focus();
      else if (does.kind === "rows") firstRow(main.current)?.focus();
      else actions.open(does);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [actions]);
}

/** Whether nothing in the view has the focus. */
function isIdle(main: HTMLElement | null): boolean {
  const { activeElement } = document;
  return activeElement === document.body || activeElement === main;
}

/** Returns what arrow keys start from in a view. */
function firstRow(main: HTMLElement | null): HTMLElement | null {
  const rows = main?.querySelector<HTMLElement>("[data-rows]") ?? null;
  if (rows === null || rows.tabIndex === 0) return rows;
  return rows.querySelector<HTMLElement>("[tabindex='0']") ??
    rows.querySelector<HTMLElement>("a, button");
}

/** Esc leaves a search field that is empty. */
function leaveSearch(
  { key, target }: KeyboardEvent,
  main: HTMLElement | null,
): void {
  if (key !== "Escape" || !(target instanceof HTMLInputElement)) return;
  if (target.type !== "search" || target.value !== "") return;
  if (main?.contains(target)) main.focus({ preventScroll: true });
}

/** Returns the field that a view marks with `data-search`, or its first one. */
function searchField(main: HTMLElement | null): HTMLElement | null {
  return main?.querySelector<HTMLElement>("[data-search]") ??
    main?.querySelector<HTMLElement>("input[type=search]") ?? null;
}

/** Sets the title, and tells a screen reader what is new. */
function Announcer() {
  const troubles = useTroubles();
  const name = useKnown(({ supervisor }) => supervisor?.name ?? "processman");
  const connection = useKnown(({ connection }) => connection);
  const loaded = useKnown(({ events }) => events.length > 0);
  const told = useRef<readonly Trouble[] | undefined>(undefined);
  const [text, setText] = useState("");
  useEffect(() => {
    document.title = titleOf(name, connection, troubles);
  }, [name, connection, troubles]);
  useEffect(() => {
    if (!loaded) return;
    // What was wrong before the page was opened is on the page.
    const news = told.current ? announcementOf(told.current, troubles) : "";
    told.current = troubles;
    if (news !== "") setText(news);
  }, [loaded, troubles]);
  return <p class="unseen" aria-live="polite">{text}</p>;
}
