/**
 * The users of the system, and the command that starts a program as one of
 * them.
 *
 * @module
 */

import { mayReadUid } from "./permissions.ts";

/** A user, with the data of its entry that a login uses. */
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
  /** The path of a `setpriv` that can set groups; "" if there is none. */
  readonly setpriv: string;
}

/** The ID of a user or a group, in digits. */
const ID = /^\d{1,10}$/;

/** The maximum number of users to remember. */
const MOST = 1_000;

/**
 * A shell script that prints the entry of a user, the user ID of this program,
 * and the path of `setpriv`. It skips the `setpriv` of BusyBox, which can set
 * neither user nor groups.
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

/** Finds users, and caches them. */
export class Users {
  readonly #known = new Map<string, User>();
  #own: number | undefined;

  /**
   * Returns a user, by name or ID; `undefined` if there is none.
   *
   * @throws What Deno throws if the shell cannot be started; an `Error` if the
   * shell gives no answer.
   */
  find(wanted: string | number): User | undefined {
    const key = String(wanted);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const user = lookUpSync(wanted);
    if (user === undefined) return undefined;
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(key, user);
    return user;
  }

  /** Returns the user ID of this program; `undefined` if it cannot be read. */
  own(): number | undefined {
    if (mayReadUid()) return Deno.uid() ?? undefined;
    try {
      return this.#own ??= lookUpSync(0)?.own;
    } catch {
      return undefined;
    }
  }
}

/**
 * Looks up a user by name or ID. Takes some milliseconds.
 *
 * @returns The user; `undefined` if there is none.
 * @throws What Deno throws if the shell cannot be started; an `Error` if the
 * shell gives no answer.
 */
function lookUpSync(user: string | number): User | undefined {
  const { stdout } = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, "sh", String(user)],
    // The working directory of this program can have been deleted.
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
  // A name service can answer with the entry of another name.
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

/** Returns the variables in which a login tells a program its user. */
export function loginEnv({ name, home }: User): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name };
}

/**
 * Returns a command that switches to the IDs and groups of a user, and then
 * executes the program that is appended to it.
 */
export function become({ uid, gid, setpriv }: User): string[] {
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
}
