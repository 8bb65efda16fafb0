/**
 * What users of other tools type, and what does the same here.
 *
 * @module
 */

const NO_IMAGES = "programs run without images, so there is nothing to do";
const REPLICAS = "set `replicas` in the configuration, or use " +
  '"processman scale NAME=N"';

/** Commands of other tools, and what to type instead. */
export const COMMAND_HABITS: Readonly<Record<string, string>> = {
  attach: '"processman logs -f NAME" shows the output',
  build: NO_IMAGES,
  connect: '"processman logs -f NAME" shows the output',
  delete: '"processman down" ends everything',
  describe: '"processman status NAME" does that',
  echo: '"processman logs -f" does that',
  exec: '"processman run NAME -- COMMAND" does that',
  images: NO_IMAGES,
  info: '"processman status" does that',
  list: '"processman ps" lists processes, "processman ls" supervisors',
  monit: '"processman ps --watch" does that',
  pause: '"processman signal --to group STOP NAME" does that',
  port: "programs use the ports of the machine",
  pull: NO_IMAGES,
  push: NO_IMAGES,
  quit: '"processman down" does that',
  reread: '"processman reload --dry-run" does that',
  rm: '"processman down" ends everything',
  show: '"processman status NAME" does that',
  stats: '"processman ps --watch" does that',
  tail: '"processman logs -f" does that',
  top: '"processman ps --watch" does that',
  unpause: '"processman signal --to group CONT NAME" does that',
  update: '"processman reload" does that',
  validate: '"processman check" does that',
};

/** Options of other tools, and what to type instead, for all commands. */
export const OPTION_HABITS: Readonly<Record<string, string>> = {
  "--env-file": "`envFiles` in the configuration does that",
  "--project-name": 'it is "--supervisor" (-S)',
  "-p": "-S names a supervisor, and PORT in .env sets the ports of a Procfile",
  "-q": '"--json" writes output for programs',
  "--quiet": '"--json" writes output for programs',
};

/** The same for one command, written `COMMAND OPTION`. */
export const OWN_OPTION_HABITS: Readonly<Record<string, string>> = {
  "config --images": NO_IMAGES,
  "config --quiet": '"processman check" does that',
  "config -q": '"processman check" does that',
  "config --services": '"processman ps" lists the names',
  "down --remove-orphans": '"processman down" ends everything anyway',
  "down --volumes": "there are no volumes",
  "down -v": "there are no volumes",
  "kill --signal": 'it is "processman signal SIGNAL NAME"',
  "kill -9": 'it is "processman kill NAME", without an option',
  "kill -s": 'it is "processman signal SIGNAL NAME"',
  "restart -t": '"--timeout" limits the wait',
  "up --abort-on-container-exit":
    'use "--exit-code-from NAME", or `critical: true` in the configuration',
  "up --build": NO_IMAGES,
  "up --concurrency": REPLICAS,
  "up --force-recreate": "\"processman restart '*'\" does that",
  "up --formation": REPLICAS,
  "up --procfile": 'it is "--file" (-f)',
  "up --pull": NO_IMAGES,
  "up --remove-orphans": '"processman reload" does that',
  "up --scale": REPLICAS,
  "up -c": REPLICAS,
  "up -l": 'write the names after "up"',
  "up -m": REPLICAS,
};

/**
 * Returns what does the same as a command of another tool, as the end of a
 * message; nothing if it is not known.
 *
 * @param name The command.
 */
export function habitOfCommand(name: string): string | undefined {
  return ended(
    Object.hasOwn(COMMAND_HABITS, name) ? COMMAND_HABITS[name] : undefined,
  );
}

/**
 * Returns what does the same as an option of another tool, as the end of a
 * message; nothing if it is not known.
 *
 * @param command The command.
 * @param option The option with its hyphens, such as `--build`.
 */
export function habitOfOption(
  command: string,
  option: string,
): string | undefined {
  const own = `${command} ${option}`;
  if (Object.hasOwn(OWN_OPTION_HABITS, own)) {
    return ended(OWN_OPTION_HABITS[own]);
  }
  return ended(
    Object.hasOwn(OPTION_HABITS, option) ? OPTION_HABITS[option] : undefined,
  );
}

function ended(hint: string | undefined): string | undefined {
  return hint === undefined ? undefined : `; ${hint}`;
}
