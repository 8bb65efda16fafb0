/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The key of this tab: from the link that opened the page, or from before a
 * reload. There is no cookie, because browsers send those of a host to all its
 * ports, and so to the programs that are supervised.
 *
 * @module
 */

import { DisconnectedError, LockedError } from "./source.ts";

/** The key of a tab, and what it allows. */
export interface Session {
  readonly key: string;
  readonly readOnly: boolean;
}

/** Where the tab keeps it. */
const ITEM = "processman";

/**
 * Returns the session of this tab. A token in the address is exchanged for a
 * key, and removed from the address and the history.
 *
 * @throws {LockedError} If there is none, or the token has been used.
 * @throws {DisconnectedError} If the server does not answer.
 */
export async function openSession(): Promise<Session> {
  const token = tokenIn(location.hash);
  const stored = storedSession();
  if (token === undefined) {
    if (stored === undefined) throw new LockedError("This tab has no key");
    return stored;
  }
  history.replaceState(null, "", "#/");
  try {
    return await exchange(token);
  } catch (error) {
    // A link that was used in this very tab opens the page again.
    if (stored !== undefined && error instanceof LockedError) return stored;
    throw error;
  }
}

/** Loads the page anew when a link with a token is opened in this tab. */
export function watchLinks(): void {
  addEventListener("hashchange", () => {
    if (tokenIn(location.hash) !== undefined) location.reload();
  });
}

/** Forgets the key, which is not valid any more. */
export function closeSession(): void {
  sessionStorage.removeItem(ITEM);
}

function tokenIn(hash: string): string | undefined {
  return hash.match(/^#token=([\w-]+)$/)?.[1];
}

function storedSession(): Session | undefined {
  try {
    const { key, readOnly } = JSON.parse(sessionStorage.getItem(ITEM) ?? "{}");
    if (typeof key === "string") return { key, readOnly: readOnly === true };
  } catch {
    // It is not ours.
  }
  return undefined;
}

async function exchange(token: string): Promise<Session> {
  let response: Response;
  try {
    response = await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
  } catch {
    throw new DisconnectedError("The server of this page does not answer");
  }
  const answer = await response.json();
  if (!response.ok) throw new LockedError(String(answer.error?.message));
  sessionStorage.setItem(ITEM, JSON.stringify(answer));
  return answer;
}
