/**
 * Finds the supervisor that a call is about.
 *
 * @module
 */

import {
  ConnectionError,
  ControlClient,
  inspect,
  listPlaces,
  type Place,
  PlaceError,
  placeOfConfig,
  placeOfName,
  type Presence,
} from "../control/client.ts";
import { findConfigOrAdded } from "./added.ts";
import { type Call, CliError, STATUS } from "./call.ts";
import {
  findConfig,
  folderOf,
  formerConfigs,
  noConfig,
} from "./find_config.ts";
import { diedText, noneText } from "./presence_text.ts";

/** The supervisor that a call is about, whether or not it runs. */
export interface Target {
  /** Its files. */
  readonly place: Place;
  /** What it is called in messages: `/shop/Procfile` or `"shop"`. */
  readonly title: string;
  /** The real path of its configuration, unless a name was given. */
  readonly config: string | undefined;
}

/**
 * Returns the supervisor that a call is about: that of the name given with
 * `--supervisor`, of the first file given with `--file`, or of the nearest
 * configuration.
 *
 * @throws {CliError} If there is no configuration, or if a name is not clear.
 */
export async function targetOf({ options, io }: Call): Promise<Target> {
  const name = options.value("supervisor");
  if (name !== undefined) return await byName(name);
  const files = options.values("file");
  const config = await findOr(files, io.cwd);
  if (typeof config === "object") return config;
  if (config !== undefined) {
    return { place: await placeOfConfig(config), title: config, config };
  }
  const [added] = await findConfigOrAdded([], io.cwd, (name) => io.env(name));
  if (added !== undefined && files.length === 0) {
    return { place: await placeOfConfig(added), title: added, config: added };
  }
  const running = await runningText();
  throw new CliError(
    `${noConfig(io.cwd)}, or a supervisor with -S${running}`,
    STATUS.noSupervisor,
  );
}

/**
 * Returns the path of the configuration of a call; or the supervisor of one
 * that was removed meanwhile, so that what it says still runs can be stopped.
 */
async function findOr(
  files: readonly string[],
  cwd: string,
): Promise<string | Target | undefined> {
  try {
    const [config] = findConfig(files, cwd);
    return config ?? await ofRemoved(files, cwd);
  } catch (error) {
    const target = await ofRemoved(files, cwd);
    if (target !== undefined) return target;
    throw error;
  }
}

/** Finds the supervisor of a configuration that is not there any more. */
async function ofRemoved(
  files: readonly string[],
  cwd: string,
): Promise<Target | undefined> {
  for (const title of formerConfigs(files, cwd)) {
    try {
      const place = await placeOfConfig(title);
      if ((await inspect(place)).kind === "none") continue;
      return { place, title, config: undefined };
    } catch (error) {
      // Its folder is gone, too, or nobody could have used the place.
      const known = error instanceof Deno.errors.NotFound ||
        error instanceof PlaceError;
      if (!known) throw error;
    }
  }
  return undefined;
}

/**
 * Does something with the supervisor that a call is about.
 *
 * @throws {CliError} If none runs, with what is known about the last one.
 */
export async function withSupervisor<T>(
  call: Call,
  action: (client: ControlClient, target: Target) => Promise<T>,
): Promise<T> {
  const target = await targetOf(call);
  try {
    return await action(new ControlClient(target.place.socket), target);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    if (error.fault === "unreachable") throw await noSupervisor(target);
    throw await unanswered(target, error);
  }
}

/** Returns the error for a supervisor that gave no answer. */
async function unanswered(
  { place, title }: Target,
  { message, fault }: ConnectionError,
): Promise<CliError> {
  const presence = fault === "gone" ? await inspect(place) : undefined;
  const died = presence?.kind === "died" ? `: ${diedText(presence)}` : "";
  return new CliError(`${title}: ${message}${died}`, STATUS.failed);
}

/** Returns the error for a supervisor that does not run. */
export async function noSupervisor(target: Target): Promise<CliError> {
  const presence = await inspect(target.place);
  const text = noneText(target.title, presence, target.config !== undefined);
  const running = presence.kind === "none" ? await runningText() : "";
  return new CliError(text + running, STATUS.noSupervisor);
}

/** A supervisor that runs, or has died. */
export type Known = Exclude<Presence, { kind: "none" }> & {
  /** Where it is. */
  readonly place: Place;
};

/** Finds the supervisors of this user that run, or have died. */
export async function* knownSupervisors(): AsyncGenerator<Known, void> {
  for await (const place of listPlaces()) {
    const presence = await inspect(place).catch(unclear);
    if (presence.kind !== "none") yield { ...presence, place };
  }
}

/** Takes a place that cannot be trusted for an empty one. */
function unclear(error: unknown): Presence {
  if (error instanceof PlaceError) return { kind: "none" };
  throw error;
}

async function byName(name: string): Promise<Target> {
  const known = (await Array.fromAsync(knownSupervisors()))
    .filter(({ record }) => record.name === name);
  const running = known.filter(({ kind }) => kind === "running");
  const [first, second] = running.length > 0 ? running : known;
  if (first === undefined) {
    const place = await placeOfName(name);
    return { place, title: `"${name}"`, config: undefined };
  }
  if (second !== undefined) {
    const files = [first, second].map(({ record }) => record.config ?? "none");
    throw new CliError(
      `several supervisors are called "${name}": choose one with -f, such as ` +
        files.map((file) => `-f ${file}`).join(" or "),
      STATUS.usage,
    );
  }
  const { place, record } = first;
  return { place, title: `"${name}"`, config: record.config ?? undefined };
}

/** Returns a list of what runs, for the end of a message. */
async function runningText(): Promise<string> {
  const running = (await Array.fromAsync(knownSupervisors()))
    .filter(({ kind }) => kind === "running");
  if (running.length === 0) return "";
  const rows = running.map(({ record: { name, config } }) =>
    `\n  -S ${name}${config === null ? "" : `  (${folderOf(config)})`}`
  );
  return `\nThese supervisors run:${rows.join("")}`;
}
