/**
 * Probes as Kubernetes has them.
 *
 * @module
 */

import type { CommandDescription } from "../mod.ts";
import { fileIn, placeOf } from "./folders.ts";
import type { EntryContext } from "./kubernetes_context.ts";
import { unexpanded } from "./kubernetes_text.ts";
import type { YamlObject } from "./yaml_text.ts";
import type { OptionPath } from "./option_paths.ts";
import { probeCommand } from "./probe_command.ts";
import { type ProbeForm, probeForm } from "./probe_form.ts";
import type { SubjectReplica } from "./subject.ts";

/** The highest number that most fields can have. */
const MOST = 2 ** 31 - 1;

/**
 * Returns the probes of a container, by their keys.
 *
 * @param replica The process.
 * @param context The entry.
 */
export function probesOf(
  { command: { ready, live } }: SubjectReplica,
  context: EntryContext,
): YamlObject {
  return {
    ...ready && readyProbes(ready, context),
    ...live && liveProbe(live, context),
  };
}

function readyProbes(
  ready: NonNullable<CommandDescription["ready"]>,
  context: EntryContext,
): YamlObject | undefined {
  const options = typeof ready === "function" ? { probe: ready } : ready;
  const { probe, recheckMs } = options;
  const { intervalMs = 200, timeoutMs = 1_000, withinMs = 60_000 } = options;
  const action = actionOf(probeForm(probe), "ready", timeoutMs, context);
  if (action === undefined) return undefined;
  const timeoutSeconds = seconds(timeoutMs, "ready.timeoutMs", context);
  const periodSeconds = seconds(intervalMs, "ready.intervalMs", context);
  const tries = withinMs / 1_000 / periodSeconds;
  const failureThreshold = Math.min(Math.max(Math.ceil(tries), 1), MOST);
  if (Number.isFinite(tries)) {
    const within = failureThreshold * periodSeconds;
    rounded(withinMs, within, "ready.withinMs", context);
  }
  const readinessProbe = recheckMs && {
    ...action,
    periodSeconds: seconds(recheckMs, "ready.recheckMs", context),
    timeoutSeconds,
    failureThreshold: 1,
  };
  const startupProbe = {
    ...action,
    periodSeconds,
    timeoutSeconds,
    failureThreshold,
  };
  return {
    startupProbe: context.above(/^ready\./, startupProbe),
    ...readinessProbe && { readinessProbe },
  };
}

function liveProbe(
  live: NonNullable<CommandDescription["live"]>,
  context: EntryContext,
): YamlObject | undefined {
  const options = typeof live === "function" ? { probe: live } : live;
  const { probe, intervalMs = 10_000, timeoutMs = 1_000, failures = 3 } =
    options;
  const action = actionOf(probeForm(probe), "live", timeoutMs, context);
  if (action === undefined) return undefined;
  const livenessProbe = {
    ...action,
    periodSeconds: seconds(intervalMs, "live.intervalMs", context),
    timeoutSeconds: seconds(timeoutMs, "live.timeoutMs", context),
    failureThreshold: Math.min(failures, MOST),
  };
  return { livenessProbe: context.above(/^live\./, livenessProbe) };
}

/** Returns a time in whole seconds, at least 1. */
function seconds(ms: number, option: OptionPath, context: EntryContext) {
  const whole = Math.min(Math.max(Math.ceil(ms / 1_000), 1), MOST);
  rounded(ms, whole, option, context);
  return whole;
}

/**
 * Says that a time is another one in Kubernetes, if somebody has set it.
 *
 * @param ms The time that was set, in milliseconds.
 * @param whole The time in Kubernetes, in seconds.
 * @param option The option that sets it.
 * @param context The entry.
 */
export function rounded(
  ms: number,
  whole: number,
  option: OptionPath,
  context: EntryContext,
): void {
  if (whole * 1_000 === ms || !context.subject.set.has(option)) return;
  context.note(
    option,
    `${ms} ms is ${whole} s here: Kubernetes counts in whole seconds`,
  );
}

type Kind = "ready" | "live";

/** Returns what a probe does. */
function actionOf(
  form: ProbeForm,
  kind: Kind,
  timeoutMs: number,
  context: EntryContext,
): YamlObject | undefined {
  const option = `${kind}.probe`;
  if (form.kind === "http" && isPlainRequest(form)) {
    if (form.caCerts) {
      context.note(option, "the kubelet does not check certificates");
    }
    if (form.url.password !== "") {
      context.note(option, "the password of the URL stands in this file");
    }
    return { httpGet: requestOf(form, hostOf(form.url, option, context)) };
  }
  if (form.kind === "tcp") {
    const host = hostOf(form, option, context);
    return { tcpSocket: { ...host, port: form.port } };
  }
  return execOf(form, option, timeoutMs, context);
}

type HttpForm = Extract<ProbeForm, { kind: "http" }>;

/** Whether the kubelet can send a request and judge the answer. */
function isPlainRequest({ url, status, headers }: HttpForm): boolean {
  return status.length === 0 && !url.pathname.startsWith("//") &&
    Object.keys(headers).every((name) => /^[-A-Za-z0-9]+$/.test(name));
}

function requestOf({ url, headers }: HttpForm, host: YamlObject): YamlObject {
  const { username, password, protocol, port } = url;
  const https = protocol === "https:";
  const httpHeaders = Object.entries(headers).map(([name, value]) => ({
    name,
    value,
  }));
  const own = httpHeaders.some(({ name }) => /^authorization$/i.test(name));
  if (!own && (username !== "" || password !== "")) {
    const both = `${decoded(username)}:${decoded(password)}`;
    const value = `Basic ${base64(both)}`;
    httpHeaders.push({ name: "Authorization", value });
  }
  return {
    ...host,
    path: `${url.pathname}${url.search}`,
    port: port === "" ? https ? 443 : 80 : Number(port),
    scheme: https ? "HTTPS" : undefined,
    httpHeaders: httpHeaders.length > 0 ? httpHeaders : undefined,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const LOOPBACK = /^(?:localhost|127\.[\d.]+|\[?::1\]?|0\.0\.0\.0)$/;

/** Returns the key `host`, which is the pod by default. */
function hostOf(
  { hostname }: { readonly hostname: string },
  option: string,
  context: EntryContext,
): YamlObject {
  if (!LOOPBACK.test(hostname)) {
    context.note(
      option,
      `the node asks ${hostname}, and does not know the names of the cluster`,
    );
    return { host: hostname.replace(/^\[(.*)\]$/, "$1") };
  }
  const { notes, subject } = context;
  if (!notes.of(subject.name).some(({ message }) => message === LISTEN)) {
    context.note(option, LISTEN);
  }
  return {};
}

const LISTEN =
  "the kubelet asks the address of the pod, where a program that listens on 127.0.0.1 alone does not answer; it must listen on 0.0.0.0 or ::";

function execOf(
  form: ProbeForm,
  option: string,
  timeoutMs: number,
  context: EntryContext,
): YamlObject | undefined {
  const command = probeCommand(form, {
    timeoutMs,
    folder: (path) => {
      const place = placeOf(path, context.options);
      return place.kind === "usual"
        ? "."
        : place.kind === "path"
        ? place.path
        : undefined;
    },
    file: (path) => fileIn(path, context.options),
  });
  if (command === undefined) {
    context.note(option, NO_PROBE[option === "ready.probe" ? "ready" : "live"]);
    return undefined;
  }
  const { words, needs, lost } = command;
  if (needs.length > 0) {
    context.note(option, `the image must have ${needs.join(" and ")}`);
  }
  // Each container starts with new files, so that none is there from before.
  for (const each of lost.filter((name) => name !== "file.fresh")) {
    context.note(option, `the probe leaves out ${each}`);
  }
  return { exec: { command: words.map(unexpanded) } };
}

const NO_PROBE = {
  ready:
    "Kubernetes cannot call a function or read output, so that a pod is ready as soon as it runs; use a probe of http, tcp, exec or file",
  live:
    "Kubernetes cannot call a function or read output; use a probe of http, tcp, exec or file",
} as const;
