/**
 * A real systemd for tests: the manager of a user, in namespaces of its own. It
 * does not see the systemd of the machine, if there is one, and leaves nothing
 * behind.
 *
 * @module
 */

import type { ExportedFile } from "../export/exported.ts";
import { shellLine } from "../export/shell.ts";
import { type Line, type Process, Processman } from "../mod.ts";
import { Folder, permitted, works } from "./testing.ts";

const PROGRAM = "/lib/systemd/systemd";

/** Finds the control groups that this shell can make others in. */
const BASE = `
for base in /sys/fs/cgroup/unified /sys/fs/cgroup; do
  [ -w "$base/cgroup.procs" ] && break
done
`;

const NAMESPACES =
  "unshare --mount --fork --pid --cgroup --mount-proc --kill-child";

/** The shell that makes a control group, and removes it at the end. */
const OUTSIDE = `
${BASE}
group=$(mktemp -d "$base/processman-XXXXXX") || exit
sh -c 'echo $$ >"$0/cgroup.procs" && exec ${NAMESPACES} sh -c "$1"' \\
  "$group" "$1"
for try in $(seq 500); do
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
  sleep 0.01
done
`;

/** What systemd must see as if it were alone. */
const MOUNTS = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && " +
  "mount -t cgroup2 none /sys/fs/cgroup";

/**
 * The shell that starts systemd, and runs commands. All processes of the
 * namespace end with it.
 */
const INSIDE = `
${MOUNTS} || exit
${PROGRAM} --user --unit=basic.target </dev/null >"$HOME/log" 2>&1 &
until [ -S "$XDG_RUNTIME_DIR/systemd/private" ]; do
  kill -0 $! || exit
  sleep 0.01
done
echo ready
while IFS= read -r line; do
  eval "$line" >"$HOME/output" 2>&1
  echo $?
done
`;

/** Whether a systemd can be started here: as root, on Linux. */
export const SYSTEMD: boolean = permitted("read", "write", "sys") &&
  Deno.build.os === "linux" && Deno.uid() === 0 &&
  await works(PROGRAM, "--version") &&
  await works(
    "sh",
    "-c",
    `${BASE} [ -w "$base/cgroup.procs" ] && ${NAMESPACES} sh -c '${MOUNTS}'`,
  );

/** Whether units can be checked here. */
export const VERIFIES: boolean = permitted("read", "write") &&
  await works("systemd-analyze", "--version");

/** A systemd that runs. */
export class Systemd implements AsyncDisposable {
  /** Its home, the folder `%h` of units. */
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;
  readonly #process: Process;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<Line, void>;

  private constructor(
    stack: AsyncDisposableStack,
    folder: string,
    env: Readonly<Record<string, string>>,
  ) {
    const pm = stack.use(new Processman({ logger: null, signals: [] }));
    this.folder = folder;
    this.#stack = stack;
    this.#process = pm.command("sh", ["-c", OUTSIDE, "sh", INSIDE], {
      stdin: "piped",
      restart: { policy: "never" },
      clearEnv: true,
      env: {
        ...env,
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        HOME: folder,
        XDG_CONFIG_HOME: `${folder}/config`,
        XDG_RUNTIME_DIR: `${folder}/run`,
      },
    });
    this.#input = this.#process.stdin.getWriter();
    this.#lines = this.#process.lines()[Symbol.asyncIterator]();
  }

  /**
   * Starts a systemd.
   *
   * @param units The units that it knows.
   * @param options More variables, which units inherit.
   */
  static async start(
    units: readonly ExportedFile[],
    { env = {} }: { env?: Readonly<Record<string, string>> } = {},
  ): Promise<Systemd> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(new Folder());
    await Deno.mkdir(`${path}/run`, { mode: 0o700 });
    await writeUnits(units, `${path}/config/systemd/user`);
    const systemd = new Systemd(stack, path, env);
    if (await systemd.#line() === "ready") return systemd;
    const log = await Deno.readTextFile(`${path}/log`);
    await systemd[Symbol.asyncDispose]();
    throw new Error(`systemd has not started: ${log}`);
  }

  /**
   * Calls `systemctl`.
   *
   * @returns What it printed, and whether it succeeded.
   */
  async systemctl(...args: string[]): Promise<{ text: string; ok: boolean }> {
    const command = shellLine(["systemctl", "--user", ...args]);
    await this.#input.write(new TextEncoder().encode(`${command}\n`));
    const ok = await this.#line() === "0";
    const text = await Deno.readTextFile(`${this.folder}/output`);
    return { text: text.trim(), ok };
  }

  /** Returns a property of a unit, such as `ActiveState`. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.systemctl("show", "-P", name, unit)).text;
  }

  /** Waits until a property of a unit has a value. Nothing tells when. */
  async until(unit: string, name: string, value: string): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    for (let now; (now = await this.property(unit, name)) !== value;) {
      if (performance.now() < end) continue;
      throw new Error(`${name} of ${unit} is ${now}, not ${value}`);
    }
  }

  async #line(): Promise<string> {
    const { value } = await this.#lines.next();
    return value?.text ?? "systemd has ended";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#process.finished;
    await this.#lines.return?.();
    await this.#stack.disposeAsync();
  }
}

/** The longest wait for a value, in milliseconds. */
const LIMIT_MS = 10_000;

async function writeUnits(
  units: readonly ExportedFile[],
  folder: string,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const { name, text } of units) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}

/** Returns what `systemd-analyze verify` says about units; "" if all is well. */
export async function verify(units: readonly ExportedFile[]): Promise<string> {
  await using folder = new Folder();
  await writeUnits(units, folder.path);
  const { stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args: ["verify", ...units.map(({ name }) => `${folder.path}/${name}`)],
  }).output();
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))
    .join("").replaceAll(`${folder.path}/`, "");
}
