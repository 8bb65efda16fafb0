/**
 * What users of other tools type, and what does the same here.
 *
 * @module
 */

const NO_IMAGES = "programs run without images, so there is nothing to do";
const REPLICAS = "set `replicas` in the configuration, or use " +
  '"processman scale NAME=N"';

const AT_BOOT = '"processman export systemd --self" writes a unit for systemd';

/** Commands of other tools, and what to type instead. */
export const COMMAND_HABITS: Readonly<Record<string, string>> = {
  avail: '"processman check" lists what the configuration has',
  build: NO_IMAGES,
  clear: "`logs.maxBytes` and `logs.maxAge` limit what is kept",
  connect: '"processman attach NAME" does that',
  describe: '"processman status NAME" does that',
  echo: '"processman logs -f" does that',
  ecosystem: '"processman init" writes a configuration',
  exec: '"processman run NAME -- COMMAND" does that',
  fg: '"processman attach NAME" does that',
  flush: "`logs.maxBytes` and `logs.maxAge` limit what is kept",
  images: NO_IMAGES,
  info: '"processman status" does that',
  jlist: '"processman ps --json" does that',
  list: '"processman ps" lists processes, "processman ls" supervisors',
  maintail: '"processman status" names the log of the supervisor',
  monit: '"processman top" does that',
  pause: '"processman signal --to group STOP NAME" does that',
  pid: '"processman ps" shows process IDs',
  port: "programs use the ports of the machine",
  prettylist: '"processman ps --json" does that',
  pull: NO_IMAGES,
  push: NO_IMAGES,
  quit: '"processman down" does that',
  reloadLogs: "log files are rotated without that",
  remove:
    '"processman delete NAME" ends what was added; take the rest out of the configuration, then "processman reload"',
  reread: '"processman reload --dry-run" does that',
  resurrect: AT_BOOT,
  rm: '"processman down" ends everything',
  save: AT_BOOT,
  sendSignal: '"processman signal SIGNAL NAME" does that',
  show: '"processman status NAME" does that',
  shutdown: '"processman down" does that',
  startup: AT_BOOT,
  stats: '"processman ps --watch" does that',
  tail: '"processman logs -f" does that',
  unpause: '"processman signal --to group CONT NAME" does that',
  unstartup: AT_BOOT,
  update: '"processman reload" does that',
  watch: "`watch` in the configuration restarts a process when files change",
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
