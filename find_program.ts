/**
 * Finds a program, or the reason why it cannot be executed. A shell does the
 * search, because this program can lack the permission to read files.
 *
 * @module
 */

import type { SpawnRequest } from "./kernel.ts";
import { mayReadEnv } from "./permissions.ts";

/** What to look for, and where. */
export interface Search {
  /** The program: a path or a name. */
  readonly program: string;
  /** The `PATH` for a name; `undefined` for the `PATH` of this program. */
  readonly path?: string | undefined;
  /** The directory against which a relative path is resolved. */
  readonly cwd?: string | URL | undefined;
  /** The command prefix that runs the search as another user; can be empty. */
  readonly as: readonly string[];
}

/** What the search has found. */
export interface Found {
  /**
   * The path of the program; "" if it was not found, or if a relative entry of
   * `PATH` ended the search.
   */
  readonly path: string;
  /**
   * The system's error number if the program cannot be executed; otherwise 0.
   */
  readonly errno: number;
  /** The path of `setsid`; "" if there is none. */
  readonly setsid: string;
}

/** The system's errors by number: Deno's class, the code and the text. */
const ERRORS = {
  2: [Deno.errors.NotFound, "ENOENT", "No such file or directory"],
  13: [Deno.errors.PermissionDenied, "EACCES", "Permission denied"],
  20: [Deno.errors.NotADirectory, "ENOTDIR", "Not a directory"],
  40: [
    Deno.errors.FilesystemLoop,
    "ELOOP",
    "Too many levels of symbolic links",
  ],
} as const;

/** The system's text for a program file that is open for writing. */
const BUSY = "Text file busy";

/**
 * A shell script that looks for a program as Deno does. `command -v` could find
 * a builtin of the shell instead. A relative entry of `PATH` ends the search
 * without a result.
 *
 * The script also looks for the interpreter of a script and, with "deep", for
 * the loader of any program. The system reports a missing interpreter or loader
 * as if the program itself were missing.
 */
const SCRIPT = `
set -f
IFS=:
nl='
'
tab='\t'
search() {
  for dir in $2; do
    case $dir in
      /*/) at=$dir$1 ;;
      /*) at=$dir/$1 ;;
      *) return 0 ;;
    esac
    if [ -f "$at" ] && [ -x "$at" ]; then
      found=$at
      return 0
    fi
  done
  return 1
}
check() {
  errno=0
  [ -f "$1" ] && [ -x "$1" ] && return 0
  errno=2
  case $1 in
    /*) at= rest=\${1#/} ;;
    *) at=. rest=$1 ;;
  esac
  while :; do
    case $rest in */*) ;; *) break ;; esac
    at=$at/\${rest%%/*}
    rest=\${rest#*/}
    [ -e "$at" ] || { dangling "$at"; return 1; }
    [ -d "$at" ] || { errno=20; return 1; }
    [ -x "$at" ] || { errno=13; return 1; }
  done
  if [ -e "$1" ]; then errno=13; else dangling "$1"; fi
  return 1
}
dangling() {
  [ -L "$1" ] || return
  case $(ls -dL -- "$1" 2>&1) in
    *'Permission denied') errno=13 ;;
    *'Not a directory') errno=20 ;;
    *'symbolic links' | *'link loop') errno=40 ;;
  esac
}
head_of() {
  [ "$depth" = deep ] || exec dd bs=256 count=1 <"$1"
  dd bs=4096 count=1 <"$1" | tr '\\0' '\\n'
}
interpreter() {
  of=$1 depth=$2
  for level in 1 2 3 4; do
    text=$(head_of "$of" 2>/dev/null)
    of=
    case $text in
      '#!'*)
        text=\${text%%"$nl"*}
        IFS=" $tab"
        for of in \${text#??}; do break; done
        ;;
      ?ELF*)
        [ "$depth" = deep ] || return
        IFS=$nl
        for of in $text; do
          case $of in /*ld*.so*) break ;; esac
          of=
        done
        ;;
    esac
    # A relative path starts from the working directory of the program. A plain
    # search can run in another directory.
    case $depth:$of in *: | plain:[!/]*) return ;; esac
    check "$of" || return
  done
}
found=
errno=0
case $1 in
  */*) check "$1" && found=$1 ;;
  *) search "$1" "$PATH" || errno=2 ;;
esac
path=$found
found=
search setsid "/usr/bin:/bin:$PATH"
[ -n "$path" ] && interpreter "$path" "$2"
printf '%s\\0' "$errno" "$path" "$found"
`;

/** The maximum number of programs to remember. */
const MOST = 1_000;

/** One program in a cache of programs. */
export interface KnownProgram {
  /**
   * Returns where the program is. Only a program that can be executed is
   * cached.
   *
   * @throws What `findSync()` throws, if the program is not cached yet.
   */
  find(): Found;
  /** Removes the program from the cache. */
  forget(): void;
  /**
   * Marks a program that did not start although its file was found, such as a
   * script whose interpreter is missing.
   */
  markBroken(): void;
  /**
   * Returns whether the program was marked as broken and still cannot be
   * executed. Removes the mark.
   *
   * @throws What `findSync()` throws, if the program was marked.
   */
  stillBroken(): boolean;
}

/** A cache of where programs are. */
export class KnownPrograms {
  readonly #found = new Map<string, Found>();
  readonly #broken = new Set<string>();

  /** Returns the cached program for a search. */
  get(search: Search): KnownProgram {
    const key = keyOf(search);
    return {
      find: () => this.#found.get(key) ?? this.#look(key, search),
      forget: () => void this.#found.delete(key),
      markBroken: () => {
        if (this.#broken.size >= MOST) this.#broken.clear();
        this.#broken.add(key);
      },
      stillBroken: () =>
        this.#broken.delete(key) && findSync(search, "deep").errno !== 0,
    };
  }

  #look(key: string, search: Search): Found {
    const found = findSync(search);
    if (found.errno !== 0) return found;
    const [oldest] = this.#found.keys();
    if (oldest !== undefined && this.#found.size >= MOST) {
      this.#found.delete(oldest);
    }
    this.#found.set(key, found);
    return found;
  }
}

/**
 * Looks for a program. Takes a millisecond or two.
 *
 * @returns What was found.
 * @throws What Deno throws if the shell cannot be started; an `Error` if the
 * shell gives no answer.
 */
export function findSync(
  search: Search,
  depth: "plain" | "deep" = "plain",
): Found {
  return answer(command(search, depth).outputSync());
}

/**
 * Looks again for a program that did not start, and for its interpreter and
 * loader.
 *
 * @returns What was found.
 * @throws What {@linkcode findSync} throws.
 */
export async function findAgain(search: Search): Promise<Found> {
  return answer(await command(search, "deep").output());
}

/**
 * Returns the error that Deno would throw for a program that cannot be
 * executed.
 */
export function failure(program: string, { errno, path }: Found): Error {
  const known = errno in ERRORS ? errno as keyof typeof ERRORS : 2;
  const [Kind, code, text] = ERRORS[known];
  const why = path === "" && !program.includes("/")
    ? "entity not found"
    : `${text} (os error ${known})`;
  const error = new Kind(`Failed to spawn '${path || program}': ${why}`);
  return Object.assign(error, { code });
}

/**
 * Returns the error that Deno would throw for a program that exists but does
 * not start, from the text of the system's error.
 */
export function failureBy(path: string, reason: string): Error {
  const message = `Failed to spawn '${path}': ${reason}`;
  if (reason === BUSY) return new Error(`${message} (os error 26)`);
  const known = Object.entries(ERRORS).find(([, [, , text]]) =>
    text === reason
  );
  if (known === undefined) return new Error(message);
  const [number, [Kind, code]] = known;
  return Object.assign(new Kind(`${message} (os error ${number})`), { code });
}

function command(
  { program, path, cwd, as }: Search,
  depth: "plain" | "deep",
): Deno.Command {
  const [first = "", ...args] = [...as, "/bin/sh", "-c", SCRIPT, "sh"];
  return new Deno.Command(first, {
    args: [...args, program, depth],
    // The working directory of this program can have been deleted.
    cwd: cwd ?? "/",
    // The environment of the command is for the program, not for the shell.
    env: { LC_ALL: "C", ...path !== undefined && { PATH: path } },
    clearEnv: path !== undefined,
    stdin: "null",
    stdout: "piped",
    stderr: as.length > 0 ? "piped" : "null",
  });
}

function answer(output: Deno.CommandOutput): Found {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const [errno, path, setsid, end] = decoder.decode(output.stdout).split("\0");
  if (
    errno === undefined || path === undefined || setsid === undefined ||
    end !== ""
  ) {
    throw new Error(new TextDecoder().decode(output.stderr).trim());
  }
  return { errno: Number(errno), path, setsid };
}

/** Returns equal texts only for searches that find the same program. */
function keyOf({ program, path, cwd, as }: Search): string {
  if (program.startsWith("/")) return [program, ...as].join("\0");
  const where = program.includes("/") ? `${cwd}` : path ?? ownPath();
  return [program, where, ...as].join("\0");
}

/**
 * Returns the `PATH` of this program; `undefined` if this program lacks the
 * permission to read it. In that case it cannot change its `PATH` either, so
 * all searches use the same one.
 */
function ownPath(): string | undefined {
  return mayReadEnv("PATH") ? Deno.env.get("PATH") ?? "" : undefined;
}

/** Returns where `setpriv`, like most programs, looks for a program. */
export function searchLikeSetpriv(
  { program, command }: SpawnRequest,
): Omit<Search, "as"> {
  const { clearEnv, env, cwd = "." } = command;
  if (program.startsWith("/")) return { program };
  if (program.includes("/")) return { program, cwd };
  return {
    program,
    path: env?.PATH ?? (clearEnv ? "/bin:/usr/bin" : undefined),
  };
}

/** A file that can be the program. */
export interface Place {
  /** The file, for a query of its permission. */
  readonly file: string;
  /**
   * The same file, as Deno finds it from the working directory of the child.
   */
  readonly program: string;
}

/**
 * Lists the files that Deno tries for a program, in order. The list is empty
 * unless it depends on the options of the child or on the working directory. If
 * it does, the program needs a permission for the file, not for its name.
 *
 * @param request What to start.
 * @param home The working directory of this program, if it has one.
 */
export function placesOf(
  { program, command }: SpawnRequest,
  home: string | undefined,
): Place[] {
  const { cwd = home, env } = command;
  const base = cwd instanceof URL ? decodeURIComponent(cwd.pathname) : cwd;
  const at = (path: string): Place => ({
    file: base === undefined || path.startsWith("/") ? path : join(base, path),
    program: path,
  });
  if (program.startsWith("/")) return [];
  if (program.includes("/")) return base === undefined ? [] : [at(program)];
  const delimiter = Deno.build.os === "windows" ? ";" : ":";
  const folders = env?.PATH?.split(delimiter) ?? [];
  return folders.map((folder) => at(join(folder || ".", program)));
}

function join(folder: string, path: string): string {
  return `${folder.replace(/\/+$/, "")}/${path.replace(/^(?:\.\/+)+/, "")}`;
}

/** Returns whether a search for a program continues after an error. */
export function isAbsent(cause: unknown): boolean {
  return cause instanceof Deno.errors.NotFound ||
    cause instanceof Deno.errors.PermissionDenied;
}
