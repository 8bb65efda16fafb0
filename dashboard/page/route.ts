/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Where the page is: the view and its parameters, in the fragment of the address.
 *
 * @module
 */

/** The views. */
export type ViewName = "grid" | "log" | "graph" | "time" | "process";

/** A place in the page. */
export interface Route {
  readonly view: ViewName;
  /** The name of the process, in the view of a process. */
  readonly name: string | null;
  /** More about it; each view has its own. */
  readonly query: URLSearchParams;
}

const VIEWS: readonly ViewName[] = ["log", "graph", "time", "process"];

/** Returns the route that a fragment stands for; the grid if it is unknown. */
export function parseRoute(hash: string): Route {
  const [, path = "", query = ""] = hash.match(/^#\/([^?]*)(?:\?(.*))?$/) ?? [];
  const [first = "", ...rest] = path.split("/");
  const view = VIEWS.find((each) => each === first) ?? "grid";
  return {
    view,
    name: view === "process" ? decoded(rest.join("/")) : null,
    query: new URLSearchParams(query),
  };
}

/** Returns the link to a place. */
export function linkTo(
  view: ViewName,
  { name, query = {} }: {
    name?: string;
    query?: Readonly<Record<string, string>>;
  } = {},
): string {
  const path = view === "grid"
    ? "#/"
    : name === undefined
    ? `#/${view}`
    : `#/${view}/${encodeURIComponent(name.toWellFormed())}`;
  const parameters = new URLSearchParams(query);
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}

/** Goes to a place without a new entry in the history. */
export function replaceRoute(link: string): void {
  history.replaceState(null, "", link);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
