/**
 * Answers the requests of the page: its files, the session, and what it asks
 * the supervisor.
 *
 * @module
 */

import {
  type Answer,
  type Handlers,
  type Incoming,
  Problem,
  relay,
  type RelayedAnswer,
  type RelayedRequest,
  type RequestHead,
} from "../control/serving.ts";
import { ConnectionError, type Presence } from "../control/client.ts";
import type { Clock } from "../mod.ts";
import { CSS, HTML, ICON, JS } from "./assets.ts";
import {
  checkAction,
  checkHost,
  checkKey,
  checkOrigin,
  checkQuery,
  checkSite,
  type Rules,
} from "./checks.ts";

/** How many bytes the body of a request may have. */
const BODY_BYTES = 65_536;

/** How long a supervisor may take to begin an answer, in milliseconds. */
export const ANSWER_MS = 10_000;

/** The media types that a supervisor answers with. No browser runs them. */
const TYPES = /^(?:application\/json|text\/event-stream|text\/plain)(?:;|$)/;

/** What requests are answered from. */
export interface Answering extends Rules {
  /** The path of the socket of the supervisor. */
  readonly socket: string;
  /** Finds out whether there is a supervisor. */
  readonly presence: () => Promise<Presence | null>;
  /** The clock that measures how long the supervisor takes. */
  readonly clock: Clock;
}

/** The files of the page by their paths. */
const FILES: Readonly<Record<string, Pick<Answer, "type" | "body">>> = {
  "/": { type: "text/html; charset=utf-8", body: HTML },
  "/page.js": { type: "text/javascript; charset=utf-8", body: JS },
  "/page.css": { type: "text/css; charset=utf-8", body: CSS },
  "/icon.svg": { type: "image/svg+xml", body: ICON },
};

/** What browsers are told about each answer. */
const HEADERS = {
  "content-security-policy": "default-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Answers the requests of the page. */
export class Answers implements Handlers {
  readonly #from: Answering;

  /** Creates the answers. */
  constructor(from: Answering) {
    this.#from = from;
  }

  /** Checks a request, before its body is read. */
  limit(head: RequestHead): number {
    const { method, path } = head;
    checkHost(head, this.#from);
    checkSite(head);
    checkQuery(head);
    if (Object.hasOwn(FILES, path)) return onlyMethod(head, "GET");
    if (path === "/session") {
      onlyMethod(head, "POST");
      checkOrigin(head, this.#from);
      return BODY_BYTES;
    }
    checkKey(head, this.#from);
    if (path === "/presence") return onlyMethod(head, "GET");
    if (!path.startsWith("/v1/")) throw notFound(path);
    if (method === "GET") return 0;
    onlyMethod(head, "POST");
    checkOrigin(head, this.#from);
    checkAction(head, this.#from);
    return BODY_BYTES;
  }

  /** Describes a refusal. */
  refuse(problem: Problem): Answer {
    return json(problem.view, problem.status);
  }

  /** Answers a request that has passed the checks. */
  async answer(request: Incoming): Promise<Answer> {
    const { path } = request.head;
    const file = FILES[path];
    if (file !== undefined) return { status: 200, ...file, headers: HEADERS };
    if (path === "/session") return this.#session(request.body);
    if (path === "/presence") return json(await this.#from.presence());
    return await this.#relay(request);
  }

  /** Gives a key for a token. */
  #session(body: Uint8Array): Answer {
    const { keys, readOnly } = this.#from;
    const { token } = objectOf(body);
    const key = typeof token === "string" ? keys.exchange(token) : undefined;
    if (key !== undefined) return json({ key, readOnly });
    throw new Problem(
      "unauthorized",
      'The link has been used; "processman web" prints a new one',
    );
  }

  /** Passes a request on to the supervisor, and its answer back. */
  async #relay({ head, body, signal }: Incoming): Promise<Answer> {
    const { method, path, query } = head;
    const target = query.size > 0 ? `${path}?${query}` : path;
    try {
      const answer = method === "GET"
        ? await this.#inTime({ method, target }, signal)
        : await relay(
          this.#from.socket,
          { method: "POST", target, body },
          signal,
        );
      if (TYPES.test(answer.type)) return { ...answer, headers: HEADERS };
      answer.close();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      throw new Problem("unreachable", error.message);
    }
    throw new Problem("unreachable", "The supervisor has no such answer");
  }

  /** Asks something that is answered at once. An action can take its time. */
  async #inTime(
    request: RelayedRequest,
    signal: AbortSignal,
  ): Promise<RelayedAnswer> {
    const { clock, socket } = this.#from;
    const late = new AbortController();
    const begun = new AbortController();
    const { signal: answered } = begun;
    clock.delay(ANSWER_MS, { signal: answered, persistent: false }).then(() => {
      if (answered.aborted) return;
      const message = `the supervisor gave no answer within ${ANSWER_MS} ms`;
      late.abort(new ConnectionError(message, "silent"));
    });
    try {
      return await relay(
        socket,
        request,
        AbortSignal.any([signal, late.signal]),
      );
    } finally {
      begun.abort();
    }
  }
}

/** Throws unless a request has a method; returns that it has no body. */
function onlyMethod({ method, path }: RequestHead, only: string): 0 {
  if (method === only) return 0;
  throw new Problem("not-allowed", `${path.slice(0, 200)} has only ${only}`);
}

function notFound(path: string): Problem {
  return new Problem("not-found", `There is no path ${path.slice(0, 200)}`);
}

/** Returns the object that the bytes of JSON stand for. */
function objectOf(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // It is not JSON.
  }
  throw new Problem("bad-request", "The body is not an object of JSON");
}

function json(value: unknown, status = 200): Answer {
  return {
    status,
    type: "application/json",
    headers: HEADERS,
    body: `${JSON.stringify(value)}\n`,
  };
}
