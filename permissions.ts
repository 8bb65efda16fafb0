/**
 * The permissions of this program, and the messages about them. processman
 * queries a permission before it uses it, because Deno would prompt for one
 * that is missing or has been revoked.
 *
 * @module
 */

/**
 * Returns whether this program can run and signal programs not denied to it.
 */
export function mayRun(): boolean {
  return granted({ name: "run" });
}

/** Returns whether this program can run one program. */
export function mayRunProgram(program: string): boolean {
  return granted({ name: "run", command: program });
}

/** Returns whether this program can run and signal all programs. */
export function mayRunAll(): boolean {
  return whollyGranted("run");
}

/** Returns whether this program can read a variable of its environment. */
export function mayReadEnv(variable: string): boolean {
  return granted({ name: "env", variable });
}

/** Returns whether this program can read its own user ID. */
export function mayReadUid(): boolean {
  return granted({ name: "sys", kind: "uid" });
}

/**
 * Returns the error for a program that this program has no permission to run.
 *
 * @param files The files for which the permission is missing.
 * @param name The name by which the program was looked up in these places. If
 * this program has a permission for the name, it is for another file.
 */
export function mayNotRun(files: readonly string[], name?: string): Error {
  const each = [...new Set(files)];
  const listed = each.map((file) => `"${file}"`).join(" and ");
  const why = name !== undefined && mayRunProgram(name)
    ? `, which the permission for "${name}" does not cover`
    : "";
  // A denial takes precedence over what is allowed.
  const denied = each.filter((file) => stateOf(file) === "denied");
  const how = denied.length > 0
    ? `without --deny-run=${denied.join(",")}`
    : `with --allow-run=${each.join(",")}`;
  return new Deno.errors.NotCapable(
    `Requires run access to ${listed}${why}, run again ${how}`,
  );
}

/** Returns the error for an option that needs permission for all programs. */
export function mayNotRunAll(option: string): Error {
  return new Deno.errors.NotCapable(
    `Requires run access to all programs for the option "${option}", ` +
      "run again with the --allow-run flag",
  );
}

/**
 * Returns whether this program can call functions of the C library. Deno looks
 * for a library that is allowed by its name in the working directory.
 */
export function mayCallLibc(): boolean {
  return whollyGranted("ffi");
}

/** Returns the error for an option that calls functions of the C library. */
export function mayNotCallLibc(option: string): Error {
  return new Deno.errors.NotCapable(
    `Requires ffi access for the option "${option}", ` +
      "run again with the --allow-ffi flag",
  );
}

/** Returns whether this program can read a file or folder. */
export function mayRead(path: string): boolean {
  return isSpecial(path) ? mayAll() : granted({ name: "read", path });
}

/**
 * Checks that this program can read and write a file.
 *
 * @param file The path of the file, with all links resolved.
 * @param before The start of the error message.
 * @param names What this program does with the file; by default, both.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function checkFileAccess(
  file: string,
  before: string,
  names: readonly ("read" | "write")[] = ["read", "write"],
): void {
  if (isSpecial(file) && !mayAll()) {
    throw new Deno.errors.NotCapable(
      `${before}requires all access to "${file}", run again with --allow-all`,
    );
  }
  for (const name of names) {
    const { state } = Deno.permissions.querySync({ name, path: file });
    if (state === "granted") continue;
    // Rotation needs the folder of a regular file; a device is not renamed.
    const device = file.startsWith("/dev/");
    const folder = file.slice(0, file.lastIndexOf("/")) || "/";
    const needed = device ? file : folder;
    const how = state === "denied"
      ? `without --deny-${name}=${file}`
      : `with --allow-read=${needed} --allow-write=${needed}`;
    throw new Deno.errors.NotCapable(
      `${before}requires ${name} access to "${file}", run again ${how}`,
    );
  }
}

/** The warning that a stop reaches only the children. */
export const NO_GROUPS: string =
  "Process groups and the orphan guard are off, because " +
  "they need --allow-run for all programs: a stop reaches each child, but not " +
  "what it started";

/** The warning that a stop does not reach all of a session. */
export const NO_TABLE: string =
  "The process table cannot be read: a stop neither reaches nor reports " +
  "processes that have left the process group of the child";

/** All permissions of Deno; together they equal `--allow-all`. */
const ALL = [
  "run",
  "read",
  "write",
  "net",
  "env",
  "sys",
  "ffi",
  "import",
] as const;

/** Returns whether this program has all permissions. */
function mayAll(): boolean {
  return ALL.every(whollyGranted);
}

/**
 * Returns whether Deno opens a path only for programs with all permissions. For
 * other programs it would prompt, although it reports the path as granted.
 */
function isSpecial(path: string): boolean {
  return /^\/(?:dev|proc|sys)(?:$|\/(?!(?:null|zero|random|urandom)$))/
    .test(path);
}

function stateOf(command: string): Deno.PermissionState {
  return Deno.permissions.querySync({ name: "run", command }).state;
}

/** Whether a permission is granted without exceptions. */
function whollyGranted(name: Deno.PermissionDescriptor["name"]): boolean {
  const { state, partial } = Deno.permissions.querySync({ name });
  return state === "granted" && !partial;
}

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
