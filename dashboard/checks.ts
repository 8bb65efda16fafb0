/**
 * What a request must fulfil before it is answered. The functions are pure, but
 * for the keys that they are given.
 *
 * @module
 */

import { Problem, type RequestHead } from "../control/serving.ts";
import type { Keys } from "./keys.ts";

/** What requests are checked against. */
export interface Rules {
  /** The values of `Host` that the page is served under. */
  readonly hosts: ReadonlySet<string>;
  /** Who may use the dashboard. */
  readonly keys: Keys;
  /** Whether nothing can be changed. */
  readonly readOnly: boolean;
}

/** The actions that the page has. `apply` is not among them. */
const ACTIONS = new Set(
  ["start", "stop", "restart", "kill", "signal", "scale", "shutdown"]
    .map((name) => `/v1/${name}`),
);

/**
 * Checks that a request is for this server. A page of another site can have a
 * name that is resolved to this machine; then that name is in the header.
 *
 * @throws {Problem} If it is not.
 */
export function checkHost(
  { headers, authority }: RequestHead,
  { hosts }: Rules,
): void {
  const host = headers.get("host")?.toLowerCase();
  const known = host !== undefined && hosts.has(host);
  if (known && (authority ?? host).toLowerCase() === host) return;
  throw new Problem(
    "forbidden",
    "The dashboard is not served under this host",
  );
}

/**
 * Checks that a request does not come from the page of another site or port,
 * as far as the browser tells. A link on such a page can open the dashboard.
 *
 * @throws {Problem} If it does.
 */
export function checkSite({ headers, method, path }: RequestHead): void {
  const site = headers.get("sec-fetch-site");
  if (site === undefined || site === "same-origin" || site === "none") return;
  const opens = method === "GET" && path === "/" &&
    headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document";
  if (!opens) {
    throw new Problem("forbidden", "The request is from another page");
  }
}

/**
 * Checks that no key or token is in the query, where it would end up in logs.
 *
 * @throws {Problem} If there is one.
 */
export function checkQuery({ query }: RequestHead): void {
  for (const name of ["token", "key", "access_token"]) {
    if (!query.has(name)) continue;
    throw new Problem("bad-request", `"${name}" must not be in the query`);
  }
}

/**
 * Checks a request for data: it needs a key.
 *
 * @throws {Problem} If it has none.
 */
export function checkKey({ headers }: RequestHead, { keys }: Rules): void {
  // A header field that is sent twice has a comma, which no key has.
  const [, key] = headers.get("authorization")?.match(/^Bearer (\S+)$/) ?? [];
  if (key !== undefined && keys.allows(key)) return;
  throw new Problem(
    "unauthorized",
    'The request has no valid key; "processman web" prints a new link',
  );
}

/**
 * Checks a request that changes something: it must come from the page itself,
 * and be JSON, which no form of another site can send.
 *
 * @throws {Problem} If it is not.
 */
export function checkOrigin({ headers }: RequestHead, { hosts }: Rules): void {
  const [, host] = headers.get("origin")?.match(/^https?:\/\/(.+)$/) ?? [];
  if (host === undefined || !hosts.has(host)) {
    throw new Problem("forbidden", "The request is not from the page");
  }
  const type = headers.get("content-type")?.split(";")[0]?.trim();
  if (type === "application/json") return;
  throw new Problem("forbidden", "The request is not JSON");
}

/**
 * Checks that the page can ask for something.
 *
 * @throws {Problem} If it cannot.
 */
export function checkAction(
  { method, path }: RequestHead,
  { readOnly }: Rules,
): void {
  if (method === "GET") return;
  if (readOnly) {
    throw new Problem("forbidden", "The dashboard is read-only");
  }
  if (ACTIONS.has(path)) return;
  throw new Problem("not-found", "The dashboard has no such action");
}
