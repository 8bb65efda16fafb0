/**
 * The health checks of Docker as probes.
 *
 * @module
 */

import type { WrittenProbe, WrittenReady } from "./define_config.ts";
import { HEALTH } from "./init_compose_keys.ts";
import { type Part, textOf } from "./init_keys.ts";
import {
  durationOf,
  execProbe,
  type ProbePlace,
  shellWords,
} from "./init_values.ts";
import { variablesIn, wordsOf } from "./init_shell.ts";

/** How often Docker asks, how long an answer can take, and how many fail. */
const USUAL = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3 };

/** How often to ask until a service is ready. */
const START_MS = 1_000;

/** When a service is healthy. */
export function healthOf(
  service: Part,
  place: ProbePlace,
): WrittenReady | undefined {
  if (!service.has("healthcheck")) return undefined;
  const part = service.part("healthcheck", HEALTH);
  const off = part.flag("disable");
  const test = part.take("test");
  const time = (name: string) => {
    const value = part.take(name);
    const ms = durationOf(value);
    if (value !== undefined && ms === undefined) {
      part.gap(name, `${textOf(value)} is no time such as 10s`);
    }
    return ms;
  };
  const own = time("interval");
  const intervalMs = own ?? USUAL.intervalMs;
  const startMs = time("start_interval") ?? Math.min(intervalMs, START_MS);
  const timeoutMs = time("timeout") ?? USUAL.timeoutMs;
  const periodMs = time("start_period") ?? 0;
  const retries = part.number("retries") ?? USUAL.retries;
  part.end();
  const probe = off ? undefined : testProbe(test, place);
  return probe === undefined ? undefined : {
    ...probe,
    intervalMs: Math.max(1, startMs),
    timeoutMs: Math.max(1, timeoutMs),
    withinMs: periodMs + retries * intervalMs,
    ...own !== undefined && { recheckMs: Math.max(1, own) },
  };
}

function testProbe(
  test: unknown,
  place: ProbePlace,
): WrittenProbe | undefined {
  const [kind = "", ...rest] = Array.isArray(test)
    ? test.map(String)
    : ["CMD-SHELL", textOf(test) ?? ""];
  const line = rest.join(" ").trim();
  if (kind === "NONE" || line === "") return undefined;
  const words = kind === "CMD" ? rest : wordsOf(
    // What follows a failure changes nothing.
    line.replace(/\s*\|\|\s*(exit|return)\s+1\s*$/, ""),
  );
  const simple = askedProbe(words);
  if (simple !== undefined) return simple;
  const plain = (text: string) => text.replaceAll("$$", "$");
  return execProbe(
    kind === "CMD" && variablesIn(line).length === 0
      ? rest.map(plain)
      : kind === "CMD"
      ? rest
      : shellWords(plain(line)),
    place,
  );
}

/** Options of `curl` and `wget` that change nothing about the answer. */
const QUIET =
  /^(-[fsSLqIkO-]+|--(fail|silent|show-error|location|quiet|spider|head|no-verbose|output-document=.*|tries=\d+|timeout=\d+|max-time=\d+))$/;

/** Returns the probe for a program that only asks a server. */
function askedProbe([program = "", ...args]: readonly string[]):
  | WrittenProbe
  | undefined {
  const [first = "", second = "", third] = args.filter((arg) => arg !== "-w1");
  if (program === "nc" && first === "-z" && third !== undefined) {
    const port = Number(third);
    const local = /^(localhost|127\.0\.0\.1|0\.0\.0\.0)$/.test(second);
    return local && Number.isInteger(port) ? { tcp: port } : undefined;
  }
  if (program !== "curl" && program !== "wget") return undefined;
  const rest = args.filter((arg, i) =>
    !QUIET.test(arg) && !/^(\/dev\/null|-)$/.test(arg) &&
    !(arg === "-o" || arg === "-m" || /^\d+$/.test(arg) && args[i - 1] === "-m")
  );
  const [url = "", ...more] = rest;
  if (more.length > 0 || /[;&|<>"'`()]/.test(url)) return undefined;
  const insecure = args.some((arg) => /^-[a-zA-Z]*k|--insecure/.test(arg));
  if (insecure) return undefined;
  const full = /^https?:\/\//.test(url) ? url : `http://${url}`;
  return /^https?:\/\/[\w.$\{][^\s]*$/.test(full) ? { http: full } : undefined;
}
