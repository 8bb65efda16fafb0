/**
 * Programs for Deno that may do nothing but what a configuration allows.
 *
 * @module
 */

/** The permissions that Deno has. */
const PERMISSIONS = [
  "net",
  "read",
  "write",
  "env",
  "run",
  "sys",
  "ffi",
  "import",
] as const;

/**
 * Returns the command that runs a program with Deno. It asks for nothing: what
 * is not allowed is refused.
 *
 * @param deno The option `deno` of a process, which has been checked.
 */
export function denoCommand(
  { script, allow, args }: Readonly<Record<string, unknown>>,
): string[] {
  const allowed: ReadonlyMap<string, unknown> = new Map(
    Object.entries(allow ?? {}),
  );
  const flags = PERMISSIONS.flatMap((name) => {
    const value = allowed.get(name);
    if (value === true) return [`--allow-${name}`];
    if (!Array.isArray(value) || value.length === 0) return [];
    return [`--allow-${name}=${value.join(",")}`];
  });
  const rest = Array.isArray(args) ? args.map(String) : [];
  return ["deno", "run", "--no-prompt", ...flags, String(script), ...rest];
}
