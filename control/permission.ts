/**
 * The permissions that a place needs. Each is queried before its use, because
 * Deno would prompt for one that is missing.
 *
 * @module
 */

/** Returns whether a permission is granted. */
export function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/**
 * Checks that this program can read, or write, a path.
 *
 * @param names What this program does with the path.
 * @param path The path.
 * @param flag The path to name in the message, if it is another one.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function requireAccess(
  names: readonly ("read" | "write")[],
  path: string,
  flag: string = path,
): void {
  for (const name of names) {
    const { state } = Deno.permissions.querySync({ name, path });
    if (state === "granted") continue;
    const how = state === "denied"
      ? `without --deny-${name}=${flag}`
      : `with ${names.map((each) => `--allow-${each}=${flag}`).join(" ")}`;
    throw new Deno.errors.NotCapable(
      `Requires ${name} access to "${path}", run again ${how}`,
    );
  }
}

/**
 * Checks that this program can listen on an address.
 *
 * @param address The address, `HOST:PORT`. Port 0 stands for any that is free.
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 */
export function requireListen(address: string): void {
  const { state } = Deno.permissions.querySync({ name: "net", host: address });
  if (state === "granted") return;
  const how = state === "denied" ? "without --deny-net" : "with --allow-net";
  throw new Deno.errors.NotCapable(
    `Requires net access to "${address}", run again ${how}=${address}`,
  );
}

/**
 * Reads a variable of the environment. An empty one counts as unset.
 *
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 */
export function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  if (state === "granted") return Deno.env.get(variable) || undefined;
  const how = state === "denied" ? "without --deny-env" : "with --allow-env";
  throw new Deno.errors.NotCapable(
    `Requires env access to "${variable}", run again ${how}=${variable}`,
  );
}

/**
 * Returns the user ID of this program.
 *
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 * @throws {Deno.errors.NotSupported} On Windows.
 */
export function readUid(): number {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  if (state !== "granted") {
    const how = state === "denied" ? "without --deny-sys" : "with --allow-sys";
    throw new Deno.errors.NotCapable(
      `Requires sys access to "uid", run again ${how}=uid`,
    );
  }
  const uid = Deno.uid();
  if (uid !== null) return uid;
  throw new Deno.errors.NotSupported(
    "A supervisor cannot be controlled on Windows",
  );
}
