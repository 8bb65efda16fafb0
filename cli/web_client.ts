/**
 * Asks the web process of a supervisor.
 *
 * @module
 */

import { ConnectionError, inspect, type Place } from "../control/client.ts";
import { relay } from "../control/serving.ts";
import { CliError, STATUS } from "./call.ts";
import { REQUESTS, type Served, webPlace } from "./web_job.ts";

/** How long a web process may take to answer, in milliseconds. */
const ANSWER_MS = 5_000;

/**
 * Asks a web process to do something.
 *
 * @param place The place of the supervisor.
 * @param request What to do.
 * @returns What it serves; `undefined` if there is none.
 * @throws {CliError} If it does not answer.
 */
export async function askWeb(
  place: Place,
  request: keyof typeof REQUESTS,
): Promise<Served | undefined> {
  const { socket } = webPlace(place);
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    const target = REQUESTS[request];
    const answer = await relay(socket, { method: "POST", target }, late);
    const text = await textOf(answer.body);
    return servedOf(JSON.parse(text));
  } catch (error) {
    if (error instanceof ConnectionError && error.fault === "unreachable") {
      return undefined;
    }
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw await silent(place);
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) text += decoder.decode(bytes, STREAM);
  return text + decoder.decode();
}

const STREAM = { stream: true };

/** Reads an answer. */
function servedOf(value: unknown): Served {
  const { link, once, url, options } = Object(value);
  if (typeof link !== "string" || typeof url !== "string") {
    throw new TypeError("The answer of the web process is not understood");
  }
  const { port, host, readOnly } = Object(options);
  return {
    link,
    once: once !== false,
    url,
    options: {
      port: typeof port === "number" ? port : null,
      host: typeof host === "string" ? host : null,
      readOnly: readOnly === true,
    },
  };
}

/** Returns the error for a web process that gives no answer. */
async function silent(place: Place): Promise<CliError> {
  const presence = await inspect(webPlace(place));
  const pid = presence.kind === "none" ? "" : ` ${presence.record.pid}`;
  return new CliError(
    `the web process${pid} gives no answer: end it with kill -9${pid}`,
    STATUS.failed,
  );
}
