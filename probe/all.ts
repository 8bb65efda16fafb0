/**
 * A probe made of others.
 *
 * @module
 */

import type { Probe, ProbeContext } from "../mod.ts";
import { must } from "./arguments.ts";
import { described, type DescribedProbe, type ProbeForm } from "./described.ts";

/**
 * Returns a probe that says yes if all of several probes do. It calls them at
 * the same time. The first negative answer is the answer; the probe then aborts
 * the other calls, and waits until they have ended.
 *
 * @example Ready when the port is open and the log says so
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { all, line, tcp } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const server = pm.command("server", ["--port=8000"], {
 *   ready: all(tcp({ port: 8000 }), line("cache is warm")),
 * });
 * await server.ready;
 * ```
 *
 * @param probes The probes, at least one. In the result of `toJSON()`, a
 * function without a description stands for itself.
 * @returns The probe.
 * @throws {TypeError} If there is no probe, or if one is not a function.
 */
export function all(...probes: Probe[]): DescribedProbe {
  must(probes.length > 0, "probes", "at least one function", probes);
  for (const [i, probe] of probes.entries()) {
    must(typeof probe === "function", `probes[${i}]`, "a function", probe);
  }
  const name = `all(${probes.map(({ name }) => name).join(", ")})`;
  return described(
    name,
    { all: probes.map(formOf) },
    (context) => callAll(probes, context),
  );
}

async function callAll(
  probes: readonly Probe[],
  { process, run, signal, probing }: ProbeContext,
): Promise<boolean> {
  signal.throwIfAborted();
  const decided = new AbortController();
  const context: ProbeContext = {
    process,
    run,
    probing,
    signal: AbortSignal.any([signal, decided.signal]),
  };
  let no: { readonly error?: unknown } | undefined;
  const calls = probes.map(async (probe) => {
    try {
      if (!await probe(context)) no ??= {};
    } catch (error) {
      no ??= { error };
    }
    if (no) decided.abort();
  });
  await Promise.all(calls);
  if (no && "error" in no) throw no.error;
  return no === undefined;
}

/** Returns the description of a probe, or the probe itself. */
function formOf(probe: Probe | DescribedProbe): ProbeForm | Probe {
  return "toJSON" in probe ? probe.toJSON() : probe;
}
