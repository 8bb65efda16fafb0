/**
 * Sends a webhook, and tries again if that may help.
 *
 * @module
 */

import type { Clock } from "../mod.ts";
import type { AlertOrder } from "./alert_order.ts";

type Webhook = Extract<AlertOrder, { kind: "webhook" }>;

/** What a webhook is sent with. */
export interface WebhookSurroundings {
  /** The clock. */
  readonly clock: Clock;
  /** Aborted when it has to end, whatever its state. */
  readonly signal: AbortSignal;
  /** Makes a request; `fetch()` by default. */
  readonly fetch?: typeof fetch | undefined;
}

/** The waits before each further try, in milliseconds. */
const WAITS_MS = [1_000, 5_000, 20_000];

/** Why there is no further try at the end of the program. */
const LATE = "there was no time left";

/** What became of one try. */
type Try =
  | { readonly kind: "sent" }
  | { readonly kind: "refused"; readonly why: string; readonly again: boolean };

/**
 * Sends a JSON text, and tries again after an error of the network or of the
 * server.
 *
 * @returns Why it could not be sent, without the secrets of its URL;
 * `undefined` if the server has taken it. Never rejects.
 */
export async function sendWebhook(
  webhook: Webhook,
  body: string,
  { clock, signal, fetch: request = fetch }: WebhookSurroundings,
): Promise<string | undefined> {
  for (let tries = 1;; tries++) {
    const result = await attempt(webhook, body, { clock, signal, request });
    if (result.kind === "sent") return undefined;
    const waitMs = WAITS_MS[tries - 1];
    const times = tries === 1 ? "" : ` (${tries} tries)`;
    if (waitMs === undefined || !result.again) return result.why + times;
    await clock.delay(waitMs, { signal });
    if (signal.aborted) return `${result.why}${times}; ${LATE}`;
  }
}

/** Makes one request. Never rejects. */
async function attempt(
  { url, headers, timeoutMs }: Webhook,
  body: string,
  { clock, signal, request }:
    & Pick<WebhookSurroundings, "clock" | "signal">
    & { request: typeof fetch },
): Promise<Try> {
  const over = new AbortController();
  const end = AbortSignal.any([signal, over.signal]);
  const wait = new AbortController();
  clock.delay(timeoutMs, { signal: wait.signal }).then(() =>
    wait.signal.aborted || over.abort()
  );
  try {
    const response = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      redirect: "manual",
      signal: end,
    });
    await response.body?.cancel();
    const { status } = response;
    if (response.ok) return { kind: "sent" };
    const again = status >= 500 || status === 408 || status === 429;
    return { kind: "refused", why: `status ${status}`, again };
  } catch (error) {
    if (signal.aborted) return { kind: "refused", why: LATE, again: false };
    const why = end.aborted
      ? `no answer within ${timeoutMs} ms`
      : withoutUrl(reasonOf(error), url);
    return { kind: "refused", why, again: true };
  } finally {
    wait.abort();
  }
}

/** Returns the part of a URL that anybody may see: the rest can be a secret. */
export function shownUrl(url: string): string {
  return URL.parse(url)?.origin ?? "a wrong URL";
}

/** Returns why there was no answer, without the text that repeats the URL. */
function reasonOf(error: unknown): string {
  const { cause, message } = Object(error);
  return String(Object(cause).message ?? message ?? error)
    .replace(/^error sending request .*?: client error \(\w+\): /, "");
}

/** Returns a message in which no part of a URL is left that can be a secret. */
function withoutUrl(message: string, url: string): string {
  const { pathname = "", search = "", username = "", password = "" } =
    URL.parse(url) ?? {};
  return [url, `${pathname}${search}`, pathname, search, username, password]
    .filter((part) => part.length > 1)
    .reduce((text, part) => text.replaceAll(part, "…"), message);
}
