/**
 * The users of the system, and what it takes to become one of them.
 *
 * @module
 */

/** A user, as far as a login would make use of it. */
export interface User {
  /** The name. */
  readonly name: string;
  /** The user ID. */
  readonly uid: number;
  /** The ID of the primary group. */
  readonly gid: number;
  /** The home directory. */
  readonly home: string;
  /** The user ID of this program. */
  readonly own: number;
  /** The path of a `setpriv` that knows groups; "" if there is none. */
  readonly setpriv: string;
}

/** The ID of a user or a group, in digits. */
const ID = /^\d{1,10}$/;

/**
 * A shell that prints the entry of a user, the user ID of this program, and the
 * path of `setpriv`. That of BusyBox can change neither user nor groups.
 */
const SCRIPT = `
set -f
entry=$(getent passwd -- "$1" 2>/dev/null)
[ -n "$entry" ] || while IFS= read -r line; do
  rest=\${line#*:*:}
  if [ "\${line%%:*}" = "$1" ] || [ "\${rest%%:*}" = "$1" ]; then
    entry=$line
    break
  fi
done </etc/passwd
able=
IFS=:
for dir in /usr/bin /bin $PATH; do
  at=$dir/setpriv
  case $at in /*) ;; *) continue ;; esac
  [ -f "$at" ] && [ -x "$at" ] || continue
  case $("$at" --help 2>&1) in *--init-groups*) able=$at; break ;; esac
done
printf '%s\\0' "$entry" "$(id -u)" "$able"
`;

/**
 * Looks a user up, by name or ID, which takes some milliseconds.
 *
 * @returns The user; `undefined` if there is none.
 * @throws What Deno throws if the child that is asked cannot be started.
 */
export function lookUpSync(user: string | number): User | undefined {
  const { stdout } = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, "sh", String(user)],
    // Its own working directory may have been deleted.
    cwd: "/",
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const [entry = "", own = "", setpriv, end] = new TextDecoder().decode(stdout)
    .split("\0");
  if (setpriv === undefined || end !== "" || own === "") {
    throw new Error("the users of the system cannot be read");
  }
  const [name = "", , uid = "", gid = "", , home = ""] = entry.split(":");
  // What looks a user up may take a word for something else than its name.
  const asked = String(user);
  const known = (name === asked || uid === asked) && !entry.includes("\n");
  if (!known || !ID.test(uid) || !ID.test(gid)) return undefined;
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    own: Number(own),
    setpriv,
  };
}

/** Returns what a login tells a program of its user. */
export function loginEnv({ name, home }: User): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name };
}

/** Returns the command that becomes a user, and then the program after it. */
export function become({ uid, gid, setpriv }: User): string[] {
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
}
