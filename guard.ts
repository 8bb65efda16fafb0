/**
 * The orphan guard: ends what this program has started when the program itself
 * is gone and could not do it, be it by an uncaught error, a SIGKILL or for want
 * of memory.
 *
 * @module
 */

import type { Run } from "./run.ts";
import type { StopOptions } from "./stop.ts";
import { reactions } from "./wait.ts";

/**
 * A shell that reads which processes and groups begin (`+`) and end (`-`), each
 * with the signal and the seconds of grace that it is given in the end. The
 * system ends its input when this program is gone, however that came about.
 *
 * Only what POSIX has, and of that only what `dash` has too: its `kill` takes no
 * `--`. Zombies are seen as if they lived, so there is a last round for all.
 */
export const SCRIPT: string = `
trap '' HUP INT QUIT TERM
while read -r what pid target signal grace; do
  case $what in
    +) eval "of_$pid='$target $signal $grace'" ;;
    -) unset "of_$pid" ;;
  esac
done
left=$(set | while IFS== read -r name value; do
  case $name in of_[0-9]*) echo "\${name#of_}" ;; esac
done)
seconds=0
while [ -n "$left" ]; do
  still=
  for pid in $left; do
    eval "set -- \\$of_$pid"
    if [ "$seconds" -ge "$3" ]; then signal=KILL
    elif [ "$seconds" -eq 0 ]; then signal=$2
    else signal=0
    fi
    kill "-$signal" "$1" 2>/dev/null ||
      { [ "$seconds" -eq 0 ] && kill "-$signal" "$pid" 2>/dev/null; } || continue
    [ "$seconds" -ge "$(($3 + 5))" ] || still="$still $pid"
  done
  left=$still
  seconds=$((seconds + 1))
  [ -z "$left" ] || sleep 1
done
`;

/** How much may wait for a guard that does not read, in characters. */
const UNREAD = 1_048_576;

/** A guard that died sooner, in milliseconds, is not likely to do better. */
const SOON_MS = 1_000;

/** How often in a row a guard may die soon, before there is none any more. */
const TRIES = 3;

/**
 * Watches over the runs of a manager, from a process of its own.
 *
 * At an uncaught error Deno kills the children that have a share in keeping this
 * program alive. So while there are runs it is a channel that does, not them.
 */
export class Guard {
  readonly #warn: (message: string) => void;
  readonly #lines = new Map<Run, string>();
  readonly #encoder = new TextEncoder();
  #child: Deno.ChildProcess | undefined;
  #channel: MessageChannel | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #unsent = "";
  #sending = false;
  #tries = 0;
  #closed = false;

  /** Creates a guard that starts with the first run. */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** The process ID of the guard, while it is there. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Begins to watch over a run. */
  watch(run: Run, { signal, gracePeriodMs }: Required<StopOptions>): void {
    const seconds = Math.ceil(gracePeriodMs / 1_000);
    const target = run.group ? -run.pid : run.pid;
    const line = `${run.pid} ${target} ${signal.slice(3)} ${seconds}`;
    this.#lines.set(run, line);
    if (this.#child === undefined) return this.#start();
    this.#take(run);
    this.#send(`+ ${line}\n`);
  }

  /** Ends watching over a run: its number may belong to somebody else next. */
  forget(run: Run): void {
    this.#lines.delete(run);
    if (this.#child === undefined) return;
    this.#unsent += `- ${run.pid}\n`;
    // The next run, if it comes at once, takes the place of this one.
    reactions().then(() => {
      if (this.#lines.size === 0) this.#letGo();
      this.#send("");
    });
  }

  /** Ends the guard. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#letGo();
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    try {
      // Before the pipe is closed, at which the guard would do its work.
      child.kill("SIGKILL");
    } catch {
      // It is gone already.
    }
    this.#writer?.abort().catch(() => {});
    await child.status;
  }

  #start(): void {
    if (this.#tries === TRIES || this.#closed) return;
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command("sh", {
        args: ["-c", SCRIPT],
        clearEnv: true,
        cwd: "/",
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        detached: true,
      }).spawn();
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
      return;
    }
    child.unref();
    for (const run of this.#lines.keys()) this.#take(run);
    const writer = child.stdin.getWriter();
    writer.closed.catch(() => {});
    this.#child = child;
    this.#writer = writer;
    this.#sending = false;
    this.#unsent = "";
    this.#send([...this.#lines.values()].map((line) => `+ ${line}\n`).join(""));
    const startedAt = performance.now();
    child.status.then(() => this.#ended(performance.now() - startedAt));
  }

  /** Keeps the program alive in the place of a run. */
  #take(run: Run): void {
    if (this.#channel === undefined) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = () => {};
    }
    run.child.unref();
  }

  /** Keeps the program alive no longer. */
  #letGo(): void {
    this.#channel?.port1.close();
    this.#channel?.port2.close();
    this.#channel = undefined;
  }

  /** Ends a guard that hangs, so that another one takes its place. */
  #replace(): void {
    this.#unsent = "";
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // It is gone already.
    }
  }

  /** Puts another guard in the place of one that died. */
  #ended(livedMs: number): void {
    this.#writer?.abort().catch(() => {});
    for (const run of this.#lines.keys()) run.child.ref();
    this.#letGo();
    this.#child = undefined;
    this.#writer = undefined;
    if (this.#closed) return;
    if (livedMs > SOON_MS) this.#tries = 0;
    if (livedMs <= SOON_MS) this.#failed("it dies again and again");
    this.#start();
  }

  #failed(why: string): void {
    this.#tries++;
    if (this.#tries < TRIES) return;
    this.#warn(
      `The orphan guard does not work, so that processes are left behind if this program is killed: ${why}`,
    );
  }

  /** Writes what there is to write, one piece at a time, without waiting. */
  #send(lines: string): void {
    this.#unsent += lines;
    const writer = this.#writer;
    if (this.#sending && this.#unsent.length > UNREAD) this.#replace();
    if (writer === undefined || this.#sending || this.#unsent === "") return;
    this.#sending = true;
    const bytes = this.#encoder.encode(this.#unsent);
    this.#unsent = "";
    writer.write(bytes).then(() => {
      if (this.#writer !== writer) return;
      this.#sending = false;
      this.#send("");
    }, () => {});
  }
}
