/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The page: opens the session, and shows the supervisor.
 *
 * @module
 */

import { render } from "preact";
import { Actions, ActionsContext } from "./actions.ts";
import { App } from "./app.tsx";
import { StoreContext } from "./hooks.ts";
import { LiveSource } from "./live_source.ts";
import { embeddedReport, ReportSource } from "./report_source.ts";
import { closeSession, openSession, watchLinks } from "./session.ts";
import { LockedError, type Source } from "./source.ts";
import { LockedSource } from "./locked_source.ts";
import { Store } from "./store.ts";

async function main(): Promise<void> {
  const page = document.getElementById("page");
  if (page === null) return;
  const store = new Store(await sourceOfPage());
  const actions = new Actions(store);
  page.replaceChildren();
  render(
    <StoreContext.Provider value={store}>
      <ActionsContext.Provider value={actions}>
        <App />
      </ActionsContext.Provider>
    </StoreContext.Provider>,
    page,
  );
  await store.run(new AbortController().signal);
  if (store.state.connection.kind === "locked") closeSession();
}

/** Returns what the page shows. */
async function sourceOfPage(): Promise<Source> {
  const report = embeddedReport();
  if (report !== undefined) return new ReportSource(report);
  watchLinks();
  try {
    const { key, readOnly } = await openSession();
    return new LiveSource(key, readOnly);
  } catch (error) {
    if (error instanceof LockedError) return new LockedSource(error.message);
    throw error;
  }
}

main();
