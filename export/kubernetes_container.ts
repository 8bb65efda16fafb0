/**
 * The container of a pod.
 *
 * @module
 */

import { localAddresses } from "./addresses.ts";
import { placeOf } from "./folders.ts";
import { machineHints } from "./hints.ts";
import type { EntryContext } from "./kubernetes_context.ts";
import { containerPorts, servicePorts } from "./kubernetes_ports.ts";
import { probesOf } from "./kubernetes_probes.ts";
import { isVariable, unexpanded } from "./kubernetes_text.ts";
import { isSecret } from "./secrets.ts";
import { programHint, programIn } from "./programs.ts";
import { AWAIT_END, stopScript } from "./shell.ts";
import type { Commented, YamlObject } from "./yaml_text.ts";
import type { SubjectReplica } from "./subject.ts";

/**
 * Adds what there is to say about addresses and folders of this machine.
 *
 * @param context The entry.
 */
export function noteAddresses(context: EntryContext): void {
  const { subject, all } = context;
  for (const found of localAddresses(subject, all)) {
    const owner = all.find(({ name }) => name === found.entry);
    const service = owner && servicePorts(owner)
      .find(({ owned }) => owned.has(found.port));
    if (service === undefined) continue;
    const host = context.nameOf(found.entry);
    context.note(
      found.option,
      `${found.address} is "${found.entry}" here, and ${host}:${service.port} in the cluster`,
    );
  }
  for (const [option, message] of machineHints(subject, context.options)) {
    context.note(option, message);
  }
}

/**
 * Returns the container of a process.
 *
 * @param name The name of the container.
 * @param replica The process.
 * @param secretName The name of the Secret with its secret variables.
 * @param context The entry.
 */
export function containerOf(
  name: string,
  replica: SubjectReplica,
  secretName: string,
  context: EntryContext,
): YamlObject {
  const { subject, options } = context;
  const { program, args, stdin, tty } = replica.command;
  const env = variablesOf(replica, secretName, context);
  const ports = containerPorts(replica, servicePorts(subject));
  const known = programIn(program, options);
  if (known === undefined) context.note("command", programHint(program));
  noteOutputs(replica, context);
  if (tty) {
    context.note("tty", "`kubectl attach -it` connects to the terminal");
  } else if (stdin === "piped") {
    context.note("stdin", "it is open, and `kubectl attach -i` writes to it");
  }
  return {
    name,
    image: options.images[subject.name],
    command: context.above("command", [unexpanded(known ?? program)]),
    args: args.length > 0 ? args.map(unexpanded) : undefined,
    workingDir: workingDirOf(replica, context),
    env: env.length > 0 ? context.above(/^env\./, env) : undefined,
    securityContext: securityOf(replica, context),
    stdin: stdin === "inherit" || stdin === "piped" ? true : undefined,
    tty: tty ? true : undefined,
    ports: ports.length > 0 ? ports : undefined,
    ...probesOf(replica, context),
    ...lifecycleOf(replica, context),
  };
}

/** Returns the secret variables of a process. */
export function secretsOf({ env }: SubjectReplica): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) =>
      isVariable(name) && isSecret(name, value)
    ),
  );
}

function variablesOf(
  replica: SubjectReplica,
  secretName: string,
  context: EntryContext,
): (YamlObject | Commented)[] {
  const secrets = secretsOf(replica);
  return Object.entries(replica.env).flatMap(([name, value]) => {
    const option = `env.${name}`;
    if (!isVariable(name)) {
      context.note(
        option,
        "the variable is left out, because Kubernetes before 1.32 refuses its name",
      );
      return [];
    }
    const variable = Object.hasOwn(secrets, name)
      ? { name, valueFrom: { secretKeyRef: { name: secretName, key: name } } }
      : { name, value: unexpanded(value) };
    return [context.above(option, variable)];
  });
}

function workingDirOf({ cwd }: SubjectReplica, context: EntryContext) {
  const place = placeOf(cwd, context.options);
  if (place.kind === "path") return place.path;
  if (place.kind === "unknown") {
    context.note(
      "cwd",
      `nothing says where ${cwd} is in the image: the program runs in the working directory of the image`,
    );
  }
  return undefined;
}

function securityOf(
  { command: { user, uid, gid } }: SubjectReplica,
  context: EntryContext,
) {
  const named = user === "root" ? "0" : String(user ?? "");
  const runAsUser = uid ?? (/^\d+$/.test(named) ? Number(named) : undefined);
  if (user !== undefined && runAsUser === undefined) {
    context.note(
      "user",
      `Kubernetes knows no names: set runAsUser to the ID of "${user}", or USER in the image`,
    );
  }
  if (runAsUser === undefined && gid === undefined) return undefined;
  return context.above(/^(?:user|uid|gid)$/, { runAsUser, runAsGroup: gid });
}

function noteOutputs({ command }: SubjectReplica, context: EntryContext): void {
  for (const option of ["stdout", "stderr"] as const) {
    if (command[option] !== "null") continue;
    context.note(option, "the log of the container contains it all the same");
  }
}

function lifecycleOf(
  { command: { stop } }: SubjectReplica,
  context: EntryContext,
): YamlObject | undefined {
  const { signal = "SIGTERM", to, gracePeriodMs, command } = stop;
  if (to === "group" && context.subject.set.has("stop.to")) {
    context.note("stop.to", "only the main process gets the signal");
  }
  if (command !== undefined && gracePeriodMs !== 0) {
    context.note(
      "stop.command",
      "the hook runs it with the shell of the image",
    );
    const preStop = { exec: { command: ["sh", "-c", stopScript(command)] } };
    return { lifecycle: context.above("stop.command", { preStop }) };
  }
  if (signal === "SIGTERM" || signal === "SIGKILL" || gracePeriodMs === 0) {
    return undefined;
  }
  context.note(
    "stop.signal",
    `Kubernetes sends SIGTERM; the hook sends ${signal} first, with the shell of the image; without a shell, remove the hook and set STOPSIGNAL in the image`,
  );
  const script = `kill -s ${signal.slice("SIG".length)} 1; ${AWAIT_END}`;
  const preStop = { exec: { command: ["sh", "-c", script] } };
  return { lifecycle: context.above("stop.signal", { preStop }) };
}
