/**
 * The command `export`.
 *
 * @module
 */

import type { Exported, Note } from "../export/mod.ts";
import { type Call, CliError, type Command, STATUS } from "./call.ts";
import { loadOptions } from "./config_options.ts";
import type { LoadOptions } from "./config_types.ts";
import { printFiles, writeFiles } from "./export_files.ts";
import {
  accepted,
  type Engine,
  ENGINES,
  type Export,
} from "./export_engines.ts";
import { imagesOf } from "./export_images.ts";
import { notesOf, noteText, withoutRemoved } from "./export_notes.ts";
import { selfExport } from "./export_self.ts";
import { load } from "./load.ts";
import { didYouMean } from "./nearest.ts";
import { buildPlan, loadConfig, type ResolvedConfig } from "./resolved.ts";

/** Runs the command. */
export const exportTo: Command = async (call) => {
  const engine = engineOf(call);
  const which = loadOptions(call);
  const { exported, ...from } = call.options.flag("self")
    ? await selfExport(call, await loadConfig(which))
    : await planExport(call, engine, which);
  const folder = call.options.value("output");
  if (folder === undefined) {
    await call.io.out(printFiles(engine, exported.files, from));
  } else {
    await writeFiles(call, folder, engine, exported.files, from);
  }
  await call.io.err(notesText([...from.about, ...exported.notes]));
  return STATUS.ok;
};

function engineOf({ names: [name = ""], options, rest }: Call): Engine {
  const engine = ENGINES.find((each) => each === name);
  if (engine === undefined) {
    throw new CliError(
      `there is no engine "${name}"${
        didYouMean(name, ENGINES) || `: the engines are ${ENGINES.join(", ")}`
      }`,
      STATUS.usage,
    );
  }
  const self = options.flag("self");
  const ofImages = ["image", "workdir"].find((option) =>
    options.values(option).length > 0
  );
  const wrong = engine === "systemd" && ofImages !== undefined
    ? `--${ofImages} is only for compose and kubernetes`
    : self && engine !== "systemd"
    ? "--self is only for systemd"
    : options.flag("user") && engine !== "systemd"
    ? "--user is only for systemd"
    : !self && rest.length > 0
    ? "arguments after -- are those of `up`, and need --self"
    : undefined;
  if (wrong !== undefined) throw new CliError(wrong, STATUS.usage);
  return engine;
}

/** Exports the plan of a configuration. */
async function planExport(
  call: Call,
  engine: Engine,
  which: LoadOptions,
): Promise<Export> {
  const everything = await loadConfig({ ...which, profiles: ["*"] });
  // Compose has profiles; the others get only what is active.
  const config = engine === "compose" ? everything : await loadConfig(which);
  const { options } = call;
  const exported = await exportConfig(engine, config, {
    images: engine === "systemd"
      ? {}
      : imagesOf(config, everything, options.values("image")),
    workdir: options.value("workdir"),
    scope: options.flag("user") ? "user" : "system",
  });
  return { exported, config, about: notesOf(config, everything, engine) };
}

/** What an export needs to know besides the configuration. */
export interface ExportChoices {
  /** The image of each entry, for engines that need one. */
  readonly images: Readonly<Record<string, string>>;
  /** The folder of the configuration in the images. */
  readonly workdir?: string | undefined;
  /** Whose systemd runs the units. */
  readonly scope?: "system" | "user";
}

/**
 * Exports the plan of a configuration.
 *
 * @param engine The engine.
 * @param config The configuration.
 * @param choices What else there is to know.
 * @throws {CliError} If the engine cannot express something.
 */
export async function exportConfig(
  engine: Engine,
  config: ResolvedConfig,
  { images, workdir, scope = "system" }: ExportChoices,
): Promise<Exported> {
  const { toSystemd, toCompose, toKubernetes } = await load<
    typeof import("../export/mod.ts")
  >("../export/mod.ts");
  const { plan, autoStart, labels } = buildPlan(withoutRemoved(config));
  const names = [...plan.entries.keys()];
  const common = {
    name: config.name,
    root: config.cwd,
    manual: names.filter((name) => !autoStart.includes(name)),
  };
  const container = { ...common, images, workdir };
  const profiles = names.map((name) => [name, labels(name)]);
  return accepted(
    {
      systemd: () => toSystemd(plan, { ...common, scope }),
      kubernetes: () => toKubernetes(plan, container),
      compose: () =>
        toCompose(plan, {
          ...container,
          profiles: Object.fromEntries(profiles),
        }),
    }[engine],
  );
}

/** Returns what is said on stderr about the options that are not mapped. */
function notesText(notes: readonly Note[]): string {
  if (notes.length === 0) return "";
  const lines = notes.map((note) => `${noteText(note)}\n`);
  const count = notes.length === 1
    ? "1 option is"
    : `${notes.length} options are`;
  return `${
    lines.join("")
  }${count} not mapped, or only in part; the comments ` +
    "in the files say the same\n";
}
