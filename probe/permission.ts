/**
 * The permissions that probes need. A probe queries its permission first,
 * because Deno would prompt for one that is missing.
 *
 * @module
 */

/**
 * Checks that this program can connect to an address.
 *
 * @param address The address: `HOST:PORT`.
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 */
export function requireNet(address: string): void {
  const { state } = Deno.permissions.querySync({ name: "net", host: address });
  if (state !== "granted") refuse("net", address, state);
}

/**
 * Checks that this program can read a file.
 *
 * @param path The path of the file.
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 */
export function requireRead(path: string): void {
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") refuse("read", path, state);
  if (!isSpecial(path) || mayAll()) return;
  throw new Deno.errors.NotCapable(
    `Requires all access to "${path}", run again with --allow-all`,
  );
}

function refuse(
  name: "net" | "read",
  what: string,
  state: Deno.PermissionState,
): never {
  const how = state === "denied"
    ? `without --deny-${name}=${what}`
    : `with --allow-${name}=${what}`;
  throw new Deno.errors.NotCapable(
    `Requires ${name} access to "${what}", run again ${how}`,
  );
}

/**
 * Returns whether Deno opens a path only for programs with all permissions. For
 * other programs it would prompt, although it reports the path as granted.
 */
function isSpecial(path: string): boolean {
  return /^\/(?:dev|proc|sys)(?:$|\/(?!(?:null|zero|random|urandom)$))/
    .test(path);
}

/** Returns whether this program has all permissions. */
function mayAll(): boolean {
  const names = ["run", "read", "write", "net", "env", "sys", "ffi", "import"];
  return (names as Deno.PermissionName[]).every((name) => {
    const { state, partial } = Deno.permissions.querySync({ name });
    return state === "granted" && !partial;
  });
}
