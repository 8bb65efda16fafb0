/**
 * A probe that makes an HTTP request.
 *
 * @module
 */

import { checked, must, texts, textsByName, whole } from "./arguments.ts";
import { described, type DescribedProbe, messageOf } from "./described.ts";
import { requireNet } from "./permission.ts";
import { plainStatus } from "./plain_http.ts";

/** Options for {@linkcode http}. */
export interface HttpOptions {
  /**
   * The status codes that mean yes.
   *
   * @default {all from 200 to 399}
   */
  status?: number | readonly number[] | undefined;
  /**
   * Headers of the request. `Host` replaces the host of the URL, which a server
   * with several sites can need, and `Authorization` replaces the name and the
   * password of the URL.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Certificates, in PEM format, that an HTTPS server can prove its identity
   * with, besides those that Deno knows.
   */
  caCerts?: readonly string[] | undefined;
}

/**
 * Returns a probe that makes a GET request, and says yes if the status of the
 * answer is as expected. By default, this is any status from 200 to 399.
 *
 * The probe does not follow redirects, because a redirect is an answer. It does
 * not read the body. It opens a connection for each request and closes it
 * afterwards. Requests to `http:` go directly to the host, whatever the
 * variable `HTTP_PROXY` says; for `https:`, `HTTPS_PROXY` and `NO_PROXY` apply.
 *
 * The probe needs the permission `--allow-net=HOST:PORT`. Without it, the answer
 * is no; the probe never prompts.
 *
 * @example Ready when the server answers
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { http } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const api = pm.command("deno", ["serve", "--port=8000", "api.ts"], {
 *   ready: http("http://127.0.0.1:8000/health"),
 * });
 * await api.ready;
 * ```
 *
 * @param url The URL, which begins with `http:` or `https:`.
 * @param options What to send, and what to expect.
 * @returns The probe.
 * @throws {TypeError} If the URL is invalid, or an option does not exist or has
 * a wrong type.
 * @throws {RangeError} If a status is out of range.
 */
export function http(
  url: string | URL,
  options: HttpOptions = {},
): DescribedProbe {
  const target = checkUrl(url);
  const own = checked(options, {
    status: checkStatus,
    headers: checkHeaders,
    caCerts: texts,
  });
  const { href } = target;
  const form = { http: { url: href, ...own } };
  const shown = withoutPassword(target);
  return described(`http ${shown}`, form, async ({ signal }) => {
    signal.throwIfAborted();
    requireNet(addressOf(target));
    const status = await ask(target, own, signal);
    if (!expects(own, status)) {
      throw new Error(`${shown}: status ${status}`);
    }
    return true;
  });
}

/** Makes the request, and returns the status of the answer. */
async function ask(
  url: URL,
  { headers, caCerts = [] }: HttpOptions,
  signal: AbortSignal,
): Promise<number> {
  const target = withoutUser(url);
  const sent = withCredentials(url, headers);
  try {
    if (url.protocol === "http:") {
      return await plainStatus(target, sent, signal);
    }
    using client = Deno.createHttpClient({
      caCerts: [...caCerts],
      allowHost: true,
      poolMaxIdlePerHost: 0,
    });
    const { status, body } = await fetch(target, {
      client,
      headers: sent,
      signal,
      redirect: "manual",
    });
    await body?.cancel();
    return status;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${withoutPassword(url)}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Returns a URL as everybody may see it: names and reasons are shown. */
function withoutPassword(url: URL): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  return shown.href;
}

/** Returns the URL of a request: Deno's exporter of telemetry exports it. */
function withoutUser(url: URL): URL {
  const sent = new URL(url);
  sent.username = sent.password = "";
  return sent;
}

/** Returns headers with the name and the password of a URL, if it has them. */
function withCredentials(
  { username, password }: URL,
  headers: HttpOptions["headers"],
): Headers {
  const all = new Headers(headers);
  if (`${username}${password}` === "" || all.has("authorization")) return all;
  const pair = `${decoded(username)}:${decoded(password)}`;
  const bytes = new TextEncoder().encode(pair);
  all.set("authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`);
  return all;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns why there was no answer, without the text that repeats the URL. */
function reasonOf(error: unknown): string {
  const { cause } = Object(error);
  return messageOf(cause ?? error)
    .replace(/^error sending request .*?: client error \(\w+\): /, "");
}

function expects({ status }: HttpOptions, code: number): boolean {
  if (status === undefined) return code >= 200 && code <= 399;
  return [status].flat().includes(code);
}

function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
}

function checkUrl(url: string | URL): URL {
  const given = String(url);
  const parsed = URL.parse(given);
  const known = ["http:", "https:"].includes(parsed?.protocol ?? "");
  must(known, "url", "an http: or https: URL", url);
  return new URL(given);
}

function checkStatus(value: unknown, name: string): number[] | void {
  if (!Array.isArray(value)) return whole(value, name, 100, 599);
  must(value.length > 0, name, "an array that is not empty", value);
  const copy = [...value];
  for (const [i, each] of copy.entries()) {
    whole(each, `${name}[${i}]`, 100, 599);
  }
  return copy;
}

function checkHeaders(value: unknown, name: string): Record<string, string> {
  const copy = textsByName(value, name);
  try {
    new Headers(copy);
  } catch {
    must(false, name, "an object of HTTP headers", value);
  }
  return copy;
}
