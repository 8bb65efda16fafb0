/**
 * The script of the orphan guard: a POSIX shell script that ends the processes
 * that this program left behind.
 *
 * @module
 */

import { PIPE_FUNCTIONS } from "./guard_pipes.ts";

/**
 * How long leaders that have been asked to end have the processor to
 * themselves, in milliseconds. A server under load resets connections while its
 * workers wait for processor time to handle the signal.
 */
export const HANDOVER_MS = 20;

/** The maximum number of characters of a name in the script. */
const MAX_NAME = 100;

/**
 * Returns a name as a JSON string in which every character that can have a
 * meaning to a shell is escaped.
 */
export function scriptName(name: string): string {
  const escaped = name.slice(0, MAX_NAME).replaceAll(
    /[^A-Za-z0-9_.:/@-]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/**
 * The script. It learns which runs begin and end from entries of one line each:
 *
 * - `+ serial pid mode signal grace asked sent streams name`
 * - `- serial`
 *
 * The first entries are its arguments; more arrive on its input. The system
 * closes the input when this program ends, for whatever reason. Then the script
 * ends the runs that are left.
 *
 * - `mode` is `g` (signal the session, starting with the group of the leader),
 *   `l` (signal the leader first, and the rest of its session once the leader
 *   has ended), or `p` (signal one process, which does not lead a session).
 * - `signal` is the number of the signal.
 * - `grace` is the grace period in seconds.
 * - `asked` is when this program itself sent the signal, in seconds since the
 *   epoch, or 0.
 * - `sent` lists the groups that this program sent the signal to: `12,34`, or
 *   0.
 * - `streams` lists the outputs that this program reads: 1, 2, 12 or 0.
 * - `name` is the result of {@linkcode scriptName}, for the log.
 *
 * The script skips an entry of any other form. An entry replaces an earlier one
 * with the same serial number. Each number in an entry fits into 32 bits, which
 * is all that some shells can count with.
 *
 * The script uses only features that both POSIX and `dash` have. In `dash`,
 * `kill` does not accept `--`, and redirections accept descriptors only up to
 * 9. The script measures time in tenths of a second with `/proc/uptime`, a
 * clock that cannot be set.
 */
export const GUARD_SCRIPT: string =
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
${PIPE_FUNCTIONS}
# Sends a signal to a process or group of the run, and continues it, since a
# suspended process cannot act on the signal.
send() {
  kill "-$1" "$2" || return
  eval "reached_$serial=y"
  [ "$1" -eq 9 ] || kill -CONT "$2"
  :
}

# Leaves the processor to leaders for a moment before they are asked to end, and
# for as long afterwards. Both waits start before the leaders are asked, since a
# fork takes processor time, too.
hand_over() {
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
  eval "due_$serial=$((grace * 10)) sent_$serial='$*' empty_$serial=0"
  eval "reached_$serial= killed_$serial= list=\\\${outputs_$pid-}"
  if [ "$grace" -eq 0 ]; then
    if [ "$mode" != p ] && send 9 "-$pid" || send 9 "$pid"; then
      eval "killed_$serial=y"
    fi
  else
    for output in $list; do hold "$output"; done
    ask
  fi
  left="$left $serial"
}

# Sends the signal of a run for the first time.
ask() {
  [ "$asked" = 0 ] || return
  if [ "$mode" != g ] && send "$signal" "$pid" || [ "$mode" = p ]; then return
  elif send "$signal" "-$pid"; then eval "sent_$serial=$pid"
  else send "$signal" "$pid"
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

# Reads the process table into \`table\`, one row "session:group:pid" for each
# living process, and the groups of each session into \`in_SESSION\`. A name can
# contain what looks like a few fields, but it is too short for all of them.
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

leader_lives() {
  kill -0 "$pid" || return
  state= threads=
  while read -r what value other; do
    case $what in
      State:) state=$value ;;
      Threads:) threads=$value; break ;;
    esac
  done <"/proc/$pid/status"
  # The first thread can have ended before others.
  case $state$threads in [Xx]* | Z | Z[01]) return 1 ;; esac
}

# Finds the groups and the leader of a run; fails if nothing of the run is left.
# After a second, a process that has the number of the leader but leads no
# session is another process.
find_run() {
  groups= leader=
  [ "$mode" = p ] || eval "groups=\\\${in_$pid-}"
  if [ -n "$groups" ] || [ "$mode" = p ] || [ -z "$whole" ] || [ "$passed" -lt 10 ]; then
    leader_lives && leader=y
  fi
  [ -n "$groups$leader" ] && return
  [ "$mode" != p ] && [ -z "$whole" ] && kill -0 "-$pid"
}

# Adds a run that has been ended to the log.
finish() {
  eval "reached=\\$reached_$serial killed=\\$killed_$serial"
  if [ -z "$reached" ] || [ -z "\${log-}" ] || [ -p "$log" ]; then return; fi
  {
    [ -n "$killed" ] && killed=true || killed=false
    printf '{"time":%s,"name":%s,"pid":%s,"signal":%s,"killed":%s}\\n' \\
      "$(date +%s)" "$name" "$pid" "$signal" "$killed" >>"$log"
  } &
  writers="$writers $!"
}

# Takes a run one step further towards its end; fails if nothing is left to do.
step() {
  eval "due=\\$due_$serial sent=\\$sent_$serial empty=\\$empty_$serial"
  if ! find_run; then
    # One look can miss a process that starts during it, but two cannot.
    eval "empty_$serial=$((empty + 1))"
    [ "$empty" -eq 0 ] && [ "$mode" != p ]
    return
  fi
  busy=y
  eval "empty_$serial=0"
  case $asked in 0) ;; *) eval "reached_$serial=y" ;; esac
  case " $groups " in *" $pid "*) ;; *) groups="$groups $pid" ;; esac
  if [ "$passed" -ge "$due" ]; then
    [ "$passed" -lt $((due + 50)) ] || return
    [ "$mode" = p ] && groups=
    for group in $groups; do
      send 9 "-$group" && eval "killed_$serial=y"
    done
    if [ "$mode" = p ] || [ "$passed" -lt 10 ]; then
      send 9 "$pid" && eval "killed_$serial=y"
    fi
    return 0
  fi
  [ $((due - passed)) -ge "$next" ] || next=$((due - passed))
  [ "$mode" = p ] && return
  [ "$mode" = l ] && [ -n "$leader" ] && return
  for group in $groups; do
    case " $sent " in *" $group "*) continue ;; esac
    send "$signal" "-$group" && sent="$sent $group"
  done
  eval "sent_$serial='$sent'"
}

# Sends the first signal to the runs that have not got it yet. The shell calls
# this if it ends early, as it does when it cannot start another process.
ask_rest() {
  for serial in $runs; do
    case " $left " in *" $serial "*) ;; *) get "$serial" && ask ;; esac
  done
}

pipefs=
exec 3<&0
[ -p /proc/self/fd/3 ] && inspect /proc/self/fdinfo/3 && pipefs=$mount
exec 3<&-
for line in "$@"; do take $line; done
while read -r line; do take $line; done

left= handover=
trap ask_rest 0
now
start=$time
hold_leaders
look
find_outputs
hand_over
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
# Kills the readers through their group, which is the group of this shell. The
# IDs of readers that have ended can belong to other processes by now.
[ -z "$drains" ] || kill -9 "-$$"
`;
