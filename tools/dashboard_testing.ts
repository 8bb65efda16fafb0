/**
 * What tests of the server of the dashboard have in common: a dashboard of a
 * supervisor, and requests in bytes, which no browser would send.
 *
 * @module
 */

import {
  type Dashboard,
  type DashboardOptions,
  serveDashboard,
} from "../dashboard/mod.ts";
import type { Processman } from "../mod.ts";
import {
  parseAnswer,
  quiet,
  type RawAnswer,
  readAll,
  type Stage,
  stage,
  write,
} from "./control_testing.ts";

/** A request, as far as it differs from a plain `GET`. */
export interface Asked {
  /** The method; `POST` with a body, else `GET`. */
  readonly method?: string;
  /** The header fields; `null` leaves out one that is there by default. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** The body. */
  readonly body?: string;
}

/** A dashboard and its supervisor. */
export interface Board extends AsyncDisposable {
  readonly pm: Processman;
  readonly stage: Stage;
  readonly dashboard: Dashboard;
  readonly site: Site;
}

/** Serves a dashboard until the end of the test. */
export async function board(options: DashboardOptions = {}): Promise<Board> {
  const pm = quiet();
  const at = await stage(pm);
  const dashboard = serveDashboard(at.exposed, options);
  // The dashboard keeps no program alive, and neither does a test that waits.
  dashboard.ref();
  return {
    pm,
    stage: at,
    dashboard,
    site: new Site(dashboard),
    async [Symbol.asyncDispose]() {
      await dashboard[Symbol.asyncDispose]();
      await at[Symbol.asyncDispose]();
      await pm.shutdown();
    },
  };
}

/** Sends requests to a dashboard. */
export class Site {
  readonly port: number;
  readonly host: string;
  readonly #link: () => string;

  constructor({ url, link }: Pick<Dashboard, "url"> & Partial<Dashboard>) {
    this.#link = link ?? (() => url);
    this.host = new URL(url).host;
    this.port = Number(new URL(url).port);
  }

  /** Returns a token that has not been used. */
  token(): string {
    const [, token = ""] = this.#link().split("#token=");
    return token;
  }

  /** Exchanges a token for a key. */
  exchange(token: string, headers: Asked["headers"] = {}): Promise<RawAnswer> {
    return this.ask("/session", { body: JSON.stringify({ token }), headers });
  }

  /** Returns a key. */
  async key(): Promise<string> {
    const { body } = await this.exchange(this.token());
    return JSON.parse(body).key;
  }

  /** Returns what the page does with a key. */
  async signedIn(): Promise<
    (target: string, asked?: Asked) => Promise<RawAnswer>
  > {
    const authorization = `Bearer ${await this.key()}`;
    return (target, asked = {}) =>
      this.ask(target, {
        ...asked,
        headers: { authorization, ...asked.headers },
      });
  }

  /** Returns the bytes of a request as the page sends it, with changes. */
  bytes(target: string, { method, headers = {}, body }: Asked = {}): string {
    const fields: Record<string, string | null> = {
      host: this.host,
      ...body !== undefined && {
        origin: `http://${this.host}`,
        "content-type": "application/json",
        "content-length": String(new TextEncoder().encode(body).length),
      },
      ...headers,
    };
    const lines = Object.entries(fields).flatMap(([name, value]) =>
      value === null ? [] : [`${name}: ${value}\r\n`]
    );
    const verb = method ?? (body === undefined ? "GET" : "POST");
    return `${verb} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
  }

  /** Sends a request, and returns the answer. */
  async ask(target: string, asked: Asked = {}): Promise<RawAnswer> {
    return await this.raw(this.bytes(target, asked));
  }

  /** Sends bytes, and returns the answer. */
  async raw(bytes: string | Uint8Array): Promise<RawAnswer> {
    using open = await this.connect();
    const sent = write(open, bytes).catch(() => {});
    const text = await readAll(open);
    await sent;
    const answer = parseAnswer(text);
    if (answer.headers.get("transfer-encoding") !== "chunked") return answer;
    return { ...answer, body: unchunked(answer.body) };
  }

  /** Opens a connection. */
  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.port });
  }

  /** Opens a connection, sends a request, and reads the head of the answer. */
  async open(bytes: string): Promise<{ conn: Deno.TcpConn; head: string }> {
    const conn = await this.connect();
    await write(conn, bytes);
    const head = await readUntil(conn, "\r\n\r\n");
    return { conn, head };
  }
}

/** Returns the text of a body in chunks; throws if it has no end. */
function unchunked(text: string): string {
  let rest = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  let body = "";
  while (true) {
    const [size = ""] = decoder.decode(rest.subarray(0, 20)).split("\r\n");
    const length = parseInt(size, 16);
    if (!(length >= 0)) throw new Error("the body is cut off");
    if (length === 0) return body;
    const from = size.length + 2;
    body += decoder.decode(rest.subarray(from, from + length));
    rest = rest.subarray(from + length + 2);
  }
}

/** Reads until a text has arrived; throws if the other side closes before. */
export async function readUntil(conn: Deno.Conn, end: string): Promise<string> {
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(end)) {
    const count = await conn.read(buffer);
    if (count === null) {
      throw new Error(`no ${JSON.stringify(end)}: ${JSON.stringify(text)}`);
    }
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text;
}
