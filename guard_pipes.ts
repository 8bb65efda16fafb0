/**
 * The part of the guard's script that holds the output pipes of runs open.
 * `SIGPIPE` kills a program that writes to a pipe without a reader, before the
 * program can end in its own way.
 *
 * @module
 */

/**
 * Functions of the script. The script calls `remember` when a run begins. When
 * this program has ended, it calls `hold_leaders` and `find_outputs` before it
 * sends any signal, `hold` for each output that `find_outputs` has found, and
 * `drain` after the first signals.
 *
 * `ours_SERIAL` lists the pipes that this program reads from a run.
 * `known_PIPE` is set for each pipe that needs no more attention. `home_PID` is
 * the serial number of the run that a process belongs to, and `outputs_PID`
 * lists the files that `find_outputs` found for the run of a leader.
 */
export const PIPE_FUNCTIONS: string = `
# Notes the pipes that this program reads from a run: the outputs that the
# leader of the run has at the start. A pipe without a name is on the same mount
# as the guard's input. A pipe with a name is left out, since opening it could
# block for ever.
remember() {
  for output in 1 2; do
    case $3 in *$output*) ;; *) continue ;; esac
    inspect "/proc/$2/fdinfo/$output"
    [ "$mount" = "$pipefs" ] && [ -n "$number" ] && ours="$ours $number"
  done
  eval "ours_$1='$ours'"
}

# Reads the mount and the number of an open file, where the system shows them.
inspect() {
  mount= number=
  while read -r what value; do
    case $what in
      mnt_id:) mount=$value ;;
      ino:) number=$value ;;
    esac
  done <"$1"
}

# Holds the outputs of leaders open at once, without a fork: a run can write to
# them at any moment.
hold_leaders() {
  for run in $runs; do
    get "$run" || continue
    eval "ours=\\\${ours_$run-}"
    [ -n "$ours" ] || continue
    for output in 1 2; do
      inspect "/proc/$pid/fdinfo/$output"
      case " $ours " in *" \${number:-none} "*) ;; *) continue ;; esac
      eval "known=\\\${known_$number-} known_$number=y"
      [ -n "$known" ] || hold "$pid/fd/$output"
    done
  done
}

# Lists the pipes that the processes of all runs have open, as rows
# "direction:pipe:pid:descriptor"; the direction is "r", or "-" for writing
# alone.
list_pipes() {
  list=
  for run in $runs; do
    get "$run" || continue
    eval "home_$pid=$run outputs_$pid="
    list="$list /proc/$pid/fd"
  done
  for row in $table; do
    eval "groups=\\\${in_\${row%%:*}-none} home=\\\${home_\${row##*:}-none}"
    [ "$groups" != none ] && [ "$home" = none ] || continue
    eval "home_\${row##*:}=\\$home_\${row%%:*}"
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
}

# Finds the other outputs to hold open. If the guard knows which pipes this
# program reads from a run, it takes those; otherwise it takes the pipes that
# the run writes to and no run reads.
find_outputs() {
  list_pipes
  for row in $list; do
    case $row in r:*) ;; *) continue ;; esac
    row=\${row#r:}
    eval "known_\${row%%:*}=y"
  done
  for row in $list; do
    case $row in -:*) row=\${row#-:} ;; *) continue ;; esac
    output=\${row##*:} pipe=\${row%%:*}
    row=\${row#*:}
    eval "known=\\\${known_$pipe-} home=\\$home_\${row%:*}"
    [ -z "$known" ] && get "$home" || continue
    eval "ours=\\\${ours_$home-}"
    case $ours:$output in
      :*) case $streams in 12 | $output) ;; *) continue ;; esac ;;
      *) case " $ours " in *" $pipe "*) ;; *) continue ;; esac ;;
    esac
    eval "known_$pipe=y outputs_$pid=\\"\\$outputs_$pid \${row%:*}/fd/$output\\""
  done
}

# Opens an output before its run is signalled. What the run writes from then on
# stays in the pipe until \`drain\` reads it.
hold() {
  slot=$((slot + 1))
  if eval "command exec $slot</proc/$1"; then
    [ "$slot" -lt 9 ] || drain
  else slot=$((slot - 1))
  fi
}

# Hands the open outputs to one new process, since each fork takes time. The new
# process is suspended; once the main loop continues it, it starts the readers.
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
`;
