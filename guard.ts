/**
 * The orphan guard: ends what this program has started when the program itself
 * is gone and could not do it, be it by an uncaught error, a SIGKILL or for want
 * of memory.
 *
 * @module
 */

import { mayRun } from "./permissions.ts";
import type { Run } from "./run.ts";
import { signalNumber } from "./signals.ts";
import type { Asked } from "./stop.ts";
import { afterReactions, later } from "./abortable.ts";

/**
 * How long leaders that are asked have the processor for themselves, in
 * milliseconds. A server under load resets the connections that reach it while
 * its workers wait for their turn to hear that they are to end.
 */
export const HANDOVER_MS = 20;

/**
 * A shell that learns which runs begin and end, one line each:
 *
 * - `+ serial pid mode signal grace asked sent streams name`
 * - `- serial`
 *
 * First from its arguments, then from its input. The system ends its input when
 * this program is gone, however that came about, and it ends what is left.
 *
 * - The mode is `g` (the session, beginning with the group of the leader), `l`
 *   (the leader first, and what else is in its session once the leader has
 *   ended), or `p` (one process without a session).
 * - `asked` is when this program sent the signal itself, in seconds since the
 *   epoch, or 0. Numbers fit into the 32 bits that some shells count with.
 * - `sent` lists the groups that this program sent the signal to: `12,34`, or 0.
 * - `streams` lists the outputs that this program read: 1, 2, 12 or 0.
 *
 * An entry that is not of this form is skipped, and a later one with the same
 * serial replaces an earlier one.
 *
 * Only what POSIX has, and of that only what `dash` has too: its `kill` takes no
 * `--`, and its descriptors end at 9. Times are in tenths of seconds, by the
 * clock of `/proc/uptime`, which cannot be set.
 */
export const SCRIPT: string =
  `# The orphan guard of processman: stops what its program leaves behind.
PATH=/usr/bin:/bin:/run/current-system/sw/bin
exec >/dev/null 2>&1
set -f
trap '' 1 2 3 13 15
spaces=$IFS runs= forgotten=0 drains= resting= slot=2 writers= epoch= time=0 pause=0

take() {
  case $1 in
    +) ;;
    -)
      case $2 in '' | *[!0-9]*) return ;; esac
      unset "run_$2" "ours_$2"
      forgotten=$((forgotten + 1))
      [ "$forgotten" -lt 1000 ] || tidy
      return ;;
    *) return ;;
  esac
  [ $# -eq 10 ] || return
  for number in "$2" "$3" "$5" "$6" "$7" "$9"; do
    case $number in *[!0-9]* | 0?* | ???????????*) return ;; esac
  done
  case $3 in 0 | 1) return ;; esac
  case $4 in g | l | p) ;; *) return ;; esac
  case $5 in 0 | ???*) return ;; esac
  case $6 in ??????????*) return ;; esac
  [ "$6" -le 100000000 ] || return
  case $8 in '' | *[!0-9,]*) return ;; esac
  case \${10} in *\\'*) return ;; esac
  case "$runs " in *" $2 "*) ;; *) runs="$runs $2" ;; esac
  eval "run_$2='$3 $4 $5 $6 $7 $8 $9 \${10}' ours=\\\${ours_$2-}"
  [ -n "$ours" ] || remember "$2" "$3" "$9"
}

# Notes which pipes this program reads: the outputs that a leader begins with.
# All pipes without a name are mounted where that of the input is; to open one
# that has a name could take for ever.
remember() {
  for output in 1 2; do
    case $3 in *$output*) ;; *) continue ;; esac
    inform "/proc/$2/fdinfo/$output"
    [ "$mount" = "$pipefs" ] && [ -n "$number" ] && ours="$ours $number"
  done
  eval "ours_$1='$ours'"
}

tidy() {
  forgotten=0
  old=$runs
  runs=
  for serial in $old; do
    get "$serial" && runs="$runs $serial"
  done
}

get() {
  eval "set -- \\\${run_$1-}"
  [ $# -eq 8 ] || return
  pid=$1 mode=$2 signal=$3 grace=$4 asked=$5 sent=$6 streams=$7 name=$8
}

hit() {
  kill "-$1" "$2" || return
  eval "had_$serial=y"
  [ "$1" -eq 9 ] || kill -CONT "$2"
  :
}

# Where a file is mounted, and its number, as far as the system tells.
inform() {
  mount= number=
  while read -r what value; do
    case $what in
      mnt_id:) mount=$value ;;
      ino:) number=$value ;;
    esac
  done <"$1"
}

# Holds the outputs of leaders open at once, so without a fork: a run may write
# to them at any moment.
leaders() {
  for run in $runs; do
    get "$run" || continue
    eval "ours=\\\${ours_$run-}"
    [ -n "$ours" ] || continue
    for output in 1 2; do
      inform "/proc/$pid/fdinfo/$output"
      case " $ours " in *" \${number:-none} "*) ;; *) continue ;; esac
      eval "known=\\\${known_$number-} known_$number=y"
      [ -n "$known" ] || hold "$pid/fd/$output"
    done
  done
}

# Finds other outputs to hold open. If the pipes of this program are known, it is
# these; if not, it is those that a run writes to and that no run reads.
pipes() {
  list=
  for run in $runs; do
    get "$run" || continue
    eval "home_$pid=$pid streams_$pid=$streams outputs_$pid="
    eval "pipes_$pid=\\\${ours_$run-}"
    list="$list /proc/$pid/fd"
  done
  for row in $table; do
    eval "groups=\\\${in_\${row%%:*}-none} home=\\\${home_\${row##*:}-none}"
    [ "$groups" != none ] && [ "$home" = none ] || continue
    eval "home_\${row##*:}=\${row%%:*}"
    list="$list /proc/\${row##*:}/fd"
  done
  list=$(ls -l /dev/null $list | sed -n '
    /^\\/proc\\/[0-9]*\\/fd:$/ {
      s/[^0-9]//g
      h
    }
    / -> pipe:/ {
      G
      s/^l\\(.\\).* \\([0-9]*\\) -> pipe:\\[\\([0-9]*\\)\\]\\n\\([0-9]*\\)$/\\1:\\3:\\4:\\2/p
    }')
  for row in $list; do
    case $row in r:*) ;; *) continue ;; esac
    row=\${row#r:}
    eval "known_\${row%%:*}=y"
  done
  for row in $list; do
    case $row in -:*) row=\${row#-:} ;; *) continue ;; esac
    output=\${row##*:} pipe=\${row%%:*}
    row=\${row#*:}
    eval "home=\\$home_\${row%:*} known=\\\${known_$pipe-}"
    eval "streams=\\$streams_$home ours=\\$pipes_$home"
    [ -z "$known" ] || continue
    case $ours:$output in
      :*) case $streams in 12 | $output) ;; *) continue ;; esac ;;
      *) case " $ours " in *" $pipe "*) ;; *) continue ;; esac ;;
    esac
    eval "known_$pipe=y outputs_$home=\\"\\$outputs_$home \${row%:*}/fd/$output\\""
  done
}

# What writes to a pipe without a reader would die of that. So it is held open
# from before the signal on, and is read somewhat later.
hold() {
  slot=$((slot + 1))
  if eval "command exec $slot<\"/proc/$1\""; then
    [ "$slot" -lt 9 ] || drain
  else slot=$((slot - 1))
  fi
}

# One process holds several pipes, since a fork takes its time, and does no more
# than that until it is continued.
drain() {
  [ "$slot" -gt 2 ] || return
  {
    while [ "$slot" -gt 2 ]; do
      eval "cat <&$slot &"
      slot=$((slot - 1))
    done
    wait
  } &
  kill -STOP "$!"
  drains=y
  resting="$resting $!"
  while [ "$slot" -gt 2 ]; do
    eval "exec $slot<&-"
    slot=$((slot - 1))
  done
}

# Leaves the processor to leaders for a moment before they are asked, and for
# as long afterwards. What waits for that is started before: a fork takes it, too.
settle() {
  for run in $runs; do
    get "$run" && [ "$mode $asked" = "l 0" ] && [ "$grace" -gt 0 ] || continue
    sleep ${HANDOVER_MS / 500} &
    handover=$!
    sleep ${HANDOVER_MS / 1_000}
    return
  done
}

begin() {
  serial=$1
  get "$serial" || return
  case $asked in
    0) ;;
    *)
      [ -n "$epoch" ] || epoch=$(date +%s)
      case $epoch in '' | *[!0-9]*) epoch=$asked ;; esac
      [ "$epoch" -le "$asked" ] || grace=$((grace - (epoch - asked)))
      [ "$grace" -ge 0 ] || grace=0 ;;
  esac
  IFS=,
  set -- $sent
  IFS=$spaces
  eval "due_$serial=$((grace * 10)) sent_$serial='$*' calm_$serial=0"
  eval "had_$serial= hard_$serial= list=\\\${outputs_$pid-}"
  if [ "$grace" -eq 0 ]; then
    if [ "$mode" != p ] && hit 9 "-$pid" || hit 9 "$pid"; then
      eval "hard_$serial=y"
    fi
  else
    for output in $list; do hold "$output"; done
    ask
  fi
  left="$left $serial"
}

ask() {
  [ "$asked" = 0 ] || return
  if [ "$mode" != g ] && hit "$signal" "$pid" || [ "$mode" = p ]; then return
  elif hit "$signal" "-$pid"; then eval "sent_$serial=$pid"
  else hit "$signal" "$pid"
  fi
}

now() {
  up=
  read -r up other </proc/uptime
  case $up in
    [0-9]*.[0-9][0-9])
      other=\${up#*.}
      time=$((\${up%.*} * 10 + \${other%?})) ;;
    *) time=$((time + pause)) ;;
  esac
}

# Which groups there are in each session. A name can hold anything, and so it
# can look like a few fields, but not like all.
look() {
  for run in $runs; do
    get "$run" && eval "in_$pid="
  done
  set +f
  table=$(cat /proc/[0-9]*/stat | sed -n '
    :record
    /) [A-Za-z]\\( -*[0-9]*\\)\\{43,\\}$/ !{
      N
      b record
    }
    /) Z\\( -*[0-9]*\\)\\{16\\} [01]\\( -*[0-9]*\\)\\{26,\\}$/ d
    s/^\\([0-9]*\\) (.*) [^Xx] [0-9]* \\([0-9]*\\) \\([0-9]*\\)\\( -*[0-9]*\\)\\{40,\\}$/\\3:\\2:\\1/p')
  set -f
  whole=
  [ -n "$table" ] && [ -r /proc/1/stat ] && whole=y
  for row in $table; do
    eval "groups=\\\${in_\${row%%:*}-none}"
    case $groups in none) continue ;; esac
    group=\${row#*:}
    case " $groups " in *" \${group%:*} "*) continue ;; esac
    eval "in_\${row%%:*}='$groups \${group%:*}'"
  done
}

lives() {
  kill -0 "$pid" || return
  state= threads=
  while read -r what value other; do
    case $what in
      State:) state=$value ;;
      Threads:) threads=$value; break ;;
    esac
  done <"/proc/$pid/status"
  # The first thread may have ended before others.
  case $state$threads in [Xx]* | Z | Z[01]) return 1 ;; esac
}

# What is there of a run: its groups, its leader. After a second, a process that
# has the number of the leader but no session of its own is another one.
find() {
  groups= leader=
  [ "$mode" = p ] || eval "groups=\\\${in_$pid-}"
  if [ -n "$groups" ] || [ "$mode" = p ] || [ -z "$whole" ] || [ "$passed" -lt 10 ]; then
    lives && leader=y
  fi
  [ -n "$groups$leader" ] && return
  [ "$mode" != p ] && [ -z "$whole" ] && kill -0 "-$pid"
}

finish() {
  eval "had=\\$had_$serial hard=\\$hard_$serial"
  if [ -z "$had" ] || [ -z "\${log-}" ] || [ -p "$log" ]; then return; fi
  {
    [ -n "$hard" ] && hard=true || hard=false
    printf '{"time":%s,"name":%s,"pid":%s,"signal":%s,"killed":%s}\\n' \\
      "$(date +%s)" "$name" "$pid" "$signal" "$hard" >>"$log"
  } &
  writers="$writers $!"
}

# One step on the way down of a run; false when nothing is left to do.
step() {
  eval "due=\\$due_$serial sent=\\$sent_$serial calm=\\$calm_$serial"
  if ! find; then
    # What was born during the look may be missing from it, but not twice.
    eval "calm_$serial=$((calm + 1))"
    [ "$calm" -eq 0 ] && [ "$mode" != p ]
    return
  fi
  busy=y
  eval "calm_$serial=0"
  case $asked in 0) ;; *) eval "had_$serial=y" ;; esac
  case " $groups " in *" $pid "*) ;; *) groups="$groups $pid" ;; esac
  if [ "$passed" -ge "$due" ]; then
    [ "$passed" -lt $((due + 50)) ] || return
    [ "$mode" = p ] && groups=
    for group in $groups; do
      hit 9 "-$group" && eval "hard_$serial=y"
    done
    if [ "$mode" = p ] || [ "$passed" -lt 10 ]; then
      hit 9 "$pid" && eval "hard_$serial=y"
    fi
    return 0
  fi
  [ $((due - passed)) -ge "$next" ] || next=$((due - passed))
  [ "$mode" = p ] && return
  [ "$mode" = l ] && [ -n "$leader" ] && return
  for group in $groups; do
    case " $sent " in *" $group "*) continue ;; esac
    hit "$signal" "-$group" && sent="$sent $group"
  done
  eval "sent_$serial='$sent'"
}

# Where a process cannot be started any more, a shell ends at once.
last() {
  for serial in $runs; do
    case " $left " in *" $serial "*) ;; *) get "$serial" && ask ;; esac
  done
}

pipefs=
exec 3<&0
[ -p /proc/self/fd/3 ] && inform /proc/self/fdinfo/3 && pipefs=$mount
exec 3<&-
for line in "$@"; do take $line; done
while read -r line; do take $line; done

left= handover=
trap last 0
now
start=$time
leaders
look
pipes
settle
for run in $runs; do begin "$run"; done
[ -z "$handover" ] || wait "$handover"
drain
trap - 0
while [ -n "$left" ]; do
  now
  passed=$((time - start)) still= next=50 busy=
  for serial in $left; do
    get "$serial"
    if step; then still="$still $serial"; else finish; fi
  done
  left=$still
  [ -n "$left" ] || break
  pause=$((pause * 2 + 1))
  [ "$pause" -le 5 ] || pause=5
  [ "$passed" -le 600 ] || pause=50
  [ "$pause" -le "$next" ] || pause=$next
  if [ -n "$busy" ] && [ "$passed" -ge 2 ] && [ -n "$resting" ]; then
    kill -CONT $resting
    resting=
  fi
  sleep "$((pause / 10)).$((pause % 10))" || sleep 1
  look
done
[ -z "$writers" ] || wait $writers
# By their group, which is that of this shell: their numbers may be others' now.
[ -z "$drains" ] || kill -9 "-$$"
`;

/** How much may wait for a guard that does not read, in characters. */
const UNREAD = 1_048_576;

/** How much of what a guard is told fits into its arguments, in characters. */
const ARGUMENTS = 1_048_576;

/** How much of a name the guard is told, in characters. */
const NAME = 100;

/** A guard that died sooner, in milliseconds, is not likely to do better. */
const SOON_MS = 1_000;

/** How often in a row a guard may die soon, before there is none any more. */
const TRIES = 3;

/** The longest grace period in seconds: three years, or for ever. */
const LONGEST = 100_000_000;

/** What ends this program without it being asked, while JavaScript still runs. */
const FATAL = ["error", "unhandledrejection"] as const;

/** Whether this is a Worker, whose end another thread decides on. */
const IN_WORKER = "DedicatedWorkerGlobalScope" in globalThis;

/** How a run is to be ended by the guard. */
export interface GuardInfo {
  /** The name of the process. */
  name: string;
  /** The signal that asks it to end. */
  signal: Deno.Signal;
  /** How long it may take, in milliseconds. */
  gracePeriodMs: number;
  /** Who gets the signal first: all of the run, or its leader alone. */
  to: "group" | "leader";
  /** The outputs that this program reads: 1, 2 or both. */
  streams: readonly number[];
}

/** Options for {@linkcode Guard}. */
export interface GuardOptions {
  /** A file, by its absolute path, to which each run is added that is ended. */
  log?: string | undefined;
}

/** A run, and what the guard is to know of it. */
interface Entry extends GuardInfo {
  readonly serial: number;
  /** When this program has sent the signal, in seconds since the epoch, or 0. */
  asked: number;
  /** The groups that it has sent it to. */
  sent: readonly number[];
  /** Whether the child has ended, and what it may have left waits to be seen. */
  rests: boolean;
}

/**
 * Watches over the runs of a manager, from a process of its own.
 *
 * At an uncaught error Deno kills the children that have a share in keeping this
 * program alive. So while there are runs it is a channel that does, not them.
 *
 * A guard is given all runs as arguments when it starts, and it acts only at the
 * end of its input. So one that has not taken everything yet can be replaced at
 * any time, by one that knows all: no run is ever known to two.
 */
export class Guard {
  readonly #warn: (message: string) => void;
  readonly #log: string | undefined;
  readonly #entries = new Map<Run, Entry>();
  /** The runs that the present guard may not have been told of. */
  readonly #untold = new Set<Run>();
  readonly #encoder = new TextEncoder();
  /** Guards that have been killed and may not have ended yet. */
  readonly #replaced = new Set<Deno.ChildProcess>();
  readonly #fatal = (event: Event) => {
    if (event.defaultPrevented) return;
    this.leave();
    // If another listener handles it, the program goes on.
    later(1).then(() => this.#leaving--);
    for (const run of this.secure()) {
      const { signal = "SIGTERM" } = this.#entries.get(run) ?? {};
      run.trySignalGroup(signal, run.pid);
    }
  };
  #child: Deno.ChildProcess | undefined;
  #channel: MessageChannel | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #unsent = "";
  #sending = false;
  #serial = 0;
  /** How many of the entries keep this program alive. */
  #awake = 0;
  #tries = 0;
  #listening = false;
  /** For how many reasons this may be the last turn of the program. */
  #leaving = 0;
  #closed = false;

  /** Creates a guard that starts with the first run. */
  constructor(
    warn: (message: string) => void,
    { log }: GuardOptions = {},
  ) {
    this.#warn = warn;
    this.#log = log;
  }

  /** The process ID of the guard, while it is there. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Begins to watch over a run. */
  watch(run: Run, info: GuardInfo): void {
    const serial = ++this.#serial;
    const entry = { ...info, serial, asked: 0, sent: [], rests: false };
    this.#awake++;
    this.#entries.set(run, entry);
    this.#listen();
    const present = this.#child;
    // A Worker can end at any time without hearing of it.
    if (present === undefined || IN_WORKER || this.#leaving > 0) this.#start();
    if (this.#child === undefined || this.#child !== present) return;
    this.#take(run);
    this.#untold.add(run);
    this.#send(this.#line(run, entry));
  }

  /**
   * Notes that a run was sent a signal, which the guard is not to send again.
   */
  asked(run: Run, { signal, to, groups, killAt }: Asked): void {
    const entry = this.#entries.get(run);
    if (entry === undefined) return;
    const now = Date.now();
    entry.to = to;
    entry.signal = signal;
    entry.gracePeriodMs = killAt - now;
    entry.asked = Math.ceil(now / 1_000);
    entry.sent = groups;
    if (this.#leaving > 0) return void this.#start();
    this.#sendSoon(this.#line(run, entry));
    if (IN_WORKER) this.#secureSoon();
  }

  /** Notes that the child of a run has ended: it keeps nothing alive any more. */
  rests(run: Run): void {
    const entry = this.#entries.get(run);
    if (entry === undefined || entry.rests) return;
    entry.rests = true;
    this.#awake--;
    this.#sendSoon("");
  }

  /** Ends watching over a run: its number may belong to somebody else next. */
  forget(run: Run): void {
    const entry = this.#entries.get(run);
    if (entry === undefined) return;
    this.#entries.delete(run);
    this.#untold.delete(run);
    if (!entry.rests) this.#awake--;
    // The next run, if it comes at once, takes the place of this one.
    this.#sendSoon(`- ${entry.serial}\n`);
  }

  /**
   * Makes sure, without waiting, that there is a guard that knows all runs as
   * they are now: this program may be about to end. It always starts a new one:
   * the present one may have just died, and what it was told is lost with it.
   *
   * @returns The runs that it does not know even so.
   */
  secure(): Run[] {
    if (this.#entries.size > 0) return this.#start();
    this.#drop();
    return [];
  }

  /**
   * Notes that this program is about to end, and that no other turn may come:
   * what changes from now on is told at once.
   */
  leave(): void {
    this.#leaving++;
  }

  /** Makes the guard kill all runs when this program has ended. */
  killAll(): void {
    for (const entry of this.#entries.values()) {
      Object.assign(entry, { signal: "SIGKILL", gracePeriodMs: 0, asked: 0 });
    }
    this.secure();
  }

  /** Ends the guard. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#letGo();
    // Before the pipe is closed, at which the guard would do its work.
    this.#drop();
    await Promise.all([...this.#replaced].map((child) => {
      child.ref();
      return child.status;
    }));
  }

  /**
   * Starts a guard in the place of any other.
   *
   * @returns The runs that it has yet to be told of.
   */
  #start(): Run[] {
    if (this.#tries === TRIES || this.#closed) return this.#unknown();
    const { env, args, rest, untold } = this.#knowledge();
    let child: Deno.ChildProcess;
    try {
      if (!mayRun()) {
        throw new Error("the permission to run programs was taken back");
      }
      child = new Deno.Command("/bin/sh", {
        args: ["-c", SCRIPT, "sh", ...args],
        clearEnv: true,
        env,
        cwd: "/",
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        detached: true,
      }).spawn();
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
      return this.#unknown();
    }
    this.#drop();
    for (const run of untold) this.#untold.add(run);
    child.unref();
    for (const [run, { rests }] of this.#entries) if (!rests) this.#take(run);
    const writer = child.stdin.getWriter();
    writer.closed.catch(() => {});
    this.#child = child;
    this.#writer = writer;
    this.#send(rest);
    const startedAt = performance.now();
    child.status.then(() => this.#ended(child, performance.now() - startedAt));
    return untold;
  }

  /** Lists the runs that the present guard, if there is one, may not know. */
  #unknown(): Run[] {
    return [...this.#child ? this.#untold : this.#entries.keys()];
  }

  /** What a guard is to know: as arguments, and what is too much for them. */
  #knowledge() {
    const args: string[] = [];
    const untold: Run[] = [];
    let rest = "";
    let length = 0;
    for (const [run, entry] of this.#entries) {
      const line = this.#line(run, entry);
      length += line.length;
      if (length > ARGUMENTS) {
        untold.push(run);
        rest += line;
      } else args.push(line.trimEnd());
    }
    const env: Record<string, string> = {};
    if (this.#log !== undefined) env.log = this.#log;
    return { env, args, rest, untold };
  }

  #line(run: Run, entry: Entry): string {
    const { serial, name, signal, gracePeriodMs, to, asked, sent, streams } =
      entry;
    const mode = run.group ? to === "leader" ? "l" : "g" : "p";
    const seconds = Math.ceil(Math.max(gracePeriodMs, 0) / 1_000);
    return [
      "+",
      serial,
      run.pid,
      mode,
      signalNumber(signal),
      Math.min(seconds, LONGEST),
      asked,
      sent.join(",") || 0,
      streams.join("") || 0,
      this.#log === undefined ? '""' : literal(name),
    ].join(" ") + "\n";
  }

  /** Keeps the program alive in the place of a run. */
  #take(run: Run): void {
    if (this.#channel === undefined) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = () => {};
    }
    run.child.unref();
  }

  /** Begins to hear of what may end this program. */
  #listen(): void {
    if (this.#listening || this.#closed) return;
    this.#listening = true;
    for (const type of FATAL) addEventListener(type, this.#fatal);
  }

  /** Keeps the program alive no longer, and hears no more of its end. */
  #letGo(): void {
    this.#loosen();
    this.#listening = false;
    for (const type of FATAL) removeEventListener(type, this.#fatal);
  }

  #loosen(): void {
    this.#channel?.port1.close();
    this.#channel?.port2.close();
    this.#channel = undefined;
  }

  /** Ends the present guard before it can do anything. */
  #drop(): void {
    const child = this.#child;
    this.#unsent = "";
    this.#sending = false;
    this.#untold.clear();
    if (child === undefined) return;
    this.#child = undefined;
    this.#replaced.add(child);
    child.status.then(() => this.#replaced.delete(child));
    try {
      child.kill("SIGKILL");
    } catch {
      // It is gone already.
    }
    this.#writer?.abort().catch(() => {});
    this.#writer = undefined;
  }

  /** Puts another guard in the place of one that died. */
  #ended(child: Deno.ChildProcess, livedMs: number): void {
    if (this.#child !== child) return;
    this.#drop();
    for (const run of this.#entries.keys()) run.child.ref();
    this.#loosen();
    if (livedMs > SOON_MS) this.#tries = 0;
    else this.#failed("it dies again and again");
    if (this.#entries.size > 0) this.#start();
  }

  #failed(why: string): void {
    this.#tries++;
    if (this.#tries < TRIES) return;
    this.#warn(
      `The orphan guard does not work, so that processes are left behind if this program is killed: ${why}`,
    );
  }

  /** Writes with what else there is to write when this turn is over. */
  #sendSoon(line: string): void {
    if (this.#child !== undefined) this.#unsent += line;
    afterReactions().then(() => {
      if (this.#entries.size === 0) this.#letGo();
      else if (this.#awake === 0) this.#loosen();
      this.#send("");
    });
  }

  /** Tells a new guard, at the end of this turn, what could not be written. */
  async #secureSoon(): Promise<void> {
    await afterReactions();
    if (this.#sending || this.#unsent !== "") this.secure();
  }

  /** Writes what there is to write, one piece at a time, without waiting. */
  #send(lines: string): void {
    this.#unsent += lines;
    if (this.#sending && this.#unsent.length > UNREAD) {
      const child = this.#child;
      this.#start();
      if (this.#child === child) this.#drop();
    }
    const writer = this.#writer;
    if (writer === undefined || this.#sending || this.#unsent === "") return;
    this.#sending = true;
    const bytes = this.#encoder.encode(this.#unsent);
    this.#unsent = "";
    writer.write(bytes).then(() => {
      if (this.#writer !== writer) return;
      this.#sending = false;
      if (this.#unsent === "") this.#untold.clear();
      this.#send("");
    }, () => {});
  }
}

/** A string of JSON in which no character means anything to a shell. */
function literal(name: string): string {
  const escaped = name.slice(0, NAME).replaceAll(
    /[^A-Za-z0-9_.:/@-]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}
