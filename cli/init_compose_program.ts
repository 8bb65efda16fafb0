/**
 * What a service of a Compose file runs, and in which folder.
 *
 * @module
 */

import { join } from "node:path";
import type { WrittenProcess } from "./define_config.ts";
import { BUILD } from "./init_compose_keys.ts";
import { type ImageProgram, readDockerfile } from "./init_dockerfile.ts";
import { isMap, listOf, mapOf, type Part, textOf } from "./init_keys.ts";
import type { Around } from "./init_origin.ts";
import { lineOf, needsBash, variablesIn, wordsOf } from "./init_shell.ts";

/** What a service runs. */
export interface Program {
  /** The keys of the process. */
  readonly keys: Pick<WrittenProcess, "command" | "shell" | "cwd">;
  /** Whether the program is known, and not only its arguments. */
  readonly complete: boolean;
}

/** Programs of well-known images. */
const IMAGES: Readonly<Record<string, readonly string[]>> = {
  mariadb: ["mariadbd"],
  memcached: ["memcached"],
  mongo: ["mongod", "--dbpath", "data"],
  mysql: ["mysqld"],
  nginx: ["nginx", "-g", "daemon off;"],
  postgres: ["postgres", "-D", "data"],
  rabbitmq: ["rabbitmq-server"],
  redis: ["redis-server"],
  valkey: ["valkey-server"],
};

/**
 * Returns what a service runs.
 *
 * @param name The name of the service.
 * @param service The service.
 * @param around What is beside the file.
 */
export function programOf(
  name: string,
  service: Part,
  around: Around,
): Program {
  const image = service.text("image");
  const build = buildOf(service, around);
  const cwd = folderOf(service, build);
  const entrypoint = service.take("entrypoint");
  const command = service.take("command");
  const start = entrypoint === undefined
    ? [...build?.program?.entrypoint ?? []].map(escaped)
    : wordsIn(entrypoint);
  const rest = command !== undefined
    ? wordsIn(command)
    : entrypoint === undefined
    ? [...build?.program?.command ?? []].map(escaped)
    : [];
  const words = [...start, ...rest];
  const complete = words.length > 0 &&
    (start.length > 0 || !words[0]?.startsWith("-"));
  if (build !== undefined) {
    service.gap("build", aboutBuild(build, complete));
  } else if (!complete) {
    service.gap(
      "image",
      `it is not known which program ${image ?? "an image"} runs: complete ` +
        "the process in the comments, or go on with " +
        `\`docker compose up -d ${name}\`; until then, nothing waits for it`,
    );
  }
  const keys = complete
    ? keysOf(words)
    : { command: [...guessOf(image), ...words] };
  return { keys: { ...keys, ...cwd !== undefined && { cwd } }, complete };
}

/** A dollar of a Dockerfile is one for its shell. */
function escaped(word: string): string {
  return word.replaceAll("$", "$$$$");
}

/** The words of `command`, which is a line or a list. */
function wordsIn(value: unknown): string[] {
  return Array.isArray(value)
    ? value.map(String)
    : wordsOf(textOf(value) ?? "");
}

function guessOf(image = ""): readonly string[] {
  const name = image.split("/").at(-1)?.split(/[:@]/)[0] ?? "";
  return Object.hasOwn(IMAGES, name) ? IMAGES[name] ?? [] : ["PROGRAM"];
}

function keysOf(words: readonly string[]): Program["keys"] {
  const [program = "", option = "", script, ...more] = words;
  const isShell = /^(\/bin\/|\/usr\/bin\/)?(sh|bash)$/.test(program) &&
    /^-[el]*c$/.test(option) && script !== undefined && more.length === 0;
  const plain = (text: string) => text.replaceAll("$$", "$");
  if (isShell) {
    const line = plain(script).trim();
    const safe = option === "-c" && (program.endsWith("/sh") ||
      program === "sh" || !needsBash(line));
    return safe
      ? { shell: line }
      : { command: [program.split("/").at(-1) ?? "sh", option, line] };
  }
  return words.some((word) => variablesIn(word).length > 0)
    ? { shell: `exec ${lineOf(words)}` }
    : { command: words.map(plain) };
}

/** What `build` says. */
interface Build {
  readonly context: string;
  readonly file: string;
  readonly program: ImageProgram | undefined;
}

function buildOf(service: Part, around: Around): Build | undefined {
  if (!service.has("build")) return undefined;
  const written = service.take("build");
  const part = service.nested(
    "build",
    isMap(written) ? written : { context: written },
    BUILD,
  );
  const context = part.text("context") ?? ".";
  const name = part.text("dockerfile") ?? "Dockerfile";
  const inline = part.text("dockerfile_inline");
  const target = part.text("target");
  part.end();
  const file = join(context, name);
  const text = inline ?? around.read(file);
  return {
    context,
    file,
    program: text === undefined ? undefined : readDockerfile(text, target),
  };
}

function aboutBuild({ file, program }: Build, complete: boolean): string {
  const others = program?.others ?? [];
  const left = others.length === 0
    ? ""
    : `; ${others.join(", ")} of it ${
      others.length === 1 ? "is" : "are"
    } not taken over`;
  return complete
    ? `the program must be installed on this machine, as ${file} does it for an image${left}`
    : `${file} does not say which program it runs: complete the process in the comments`;
}

/** Returns the folder of this machine for the one in the container. */
function folderOf(service: Part, build: Build | undefined): string | undefined {
  const written = service.text("working_dir");
  const inside = written ?? build?.program?.workdir;
  const volumes = listOf(service.take("volumes"));
  const mounts = volumes.flatMap(mountOf);
  const copied = build?.program?.workdir === undefined
    ? []
    : [{ source: build.context, target: build.program.workdir }];
  const all = [...mounts, ...copied]
    .toSorted((a, b) => b.target.length - a.target.length);
  for (const { source, target } of inside === undefined ? [] : all) {
    const below = belowOf(String(inside), target);
    if (below === undefined) continue;
    sayVolumes(service, volumes, target);
    return relativeFolder(join(source, below));
  }
  sayVolumes(service, volumes);
  if (written !== undefined && build === undefined) {
    service.gap(
      "working_dir",
      `${written} is a folder of the image: set \`cwd\` to yours`,
    );
  } else if (written !== undefined) {
    service.gap(
      "working_dir",
      `${written} is a folder of the image, and the process runs in ${build?.context}`,
    );
  }
  return build === undefined ? undefined : relativeFolder(build.context);
}

/** Names the volumes besides the one that is the folder of the program. */
function sayVolumes(
  service: Part,
  volumes: readonly unknown[],
  own?: string,
): void {
  const others = volumes.filter((item) =>
    own === undefined || mountOf(item)[0]?.target !== own
  ).map((item) => textOf(item) ?? String(mapOf(item).target));
  if (others.length === 0) return;
  service.gap(
    "volumes",
    `nothing is mounted for ${
      others.join(", ")
    }: programs use the files of this machine`,
  );
}

function relativeFolder(path: string): string | undefined {
  const clean = path.replace(/\/+$/, "");
  return clean === "" || clean === "." ? undefined : clean;
}

function belowOf(path: string, folder: string): string | undefined {
  const clean = folder.replace(/\/+$/, "");
  return path === clean || path.startsWith(`${clean}/`)
    ? path.slice(clean.length).replace(/^\/+/, "")
    : undefined;
}

/** A folder of this machine that is in the container, too. */
function mountOf(item: unknown): { source: string; target: string }[] {
  const { type, source, target } = mapOf(item);
  if (type === "bind") {
    return [{ source: String(source), target: String(target) }];
  }
  const [, from = "", to = ""] =
    textOf(item)?.match(/^([^:]+):(\/[^:]*)(?::[\w,]+)?$/) ?? [];
  return /^[./]/.test(from) ? [{ source: from, target: to }] : [];
}
