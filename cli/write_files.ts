/**
 * Writes files whole, or not at all.
 *
 * @module
 */

/**
 * Writes all files, or none of them: the disk can be full. What is there is
 * replaced, and the same users can read it as before.
 *
 * @param paths The absolute paths.
 * @param texts The text of each.
 */
export async function replaceFiles(
  paths: readonly string[],
  texts: readonly string[],
): Promise<void> {
  const drafts: string[] = [];
  const targets: string[] = [];
  try {
    for (const [index, path] of paths.entries()) {
      // A link stays one.
      const target = await Deno.realPath(path).catch(() => path);
      const draft = `${target}.new`;
      targets.push(target);
      drafts.push(draft);
      const mode = await modeOf(target);
      await Deno.writeTextFile(draft, texts[index] ?? "", mode);
    }
    for (const target of targets) await Deno.rename(`${target}.new`, target);
  } finally {
    for (const draft of drafts) await Deno.remove(draft).catch(() => {});
  }
}

/**
 * Writes a file that is not there yet.
 *
 * @param path The absolute path.
 * @param text The text.
 * @param source A file whose users are those that can read the new one.
 * @throws {Deno.errors.AlreadyExists} If it is there, even since a moment ago.
 */
export async function createFile(
  path: string,
  text: string,
  source: string = path,
): Promise<void> {
  const mode = await modeOf(source);
  using file = await Deno.open(path, { write: true, createNew: true, ...mode });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) {
      at += await file.write(bytes.subarray(at));
    }
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  }
}

/** Returns who can read and write a file; without it, the umask decides. */
async function modeOf(path: string): Promise<{ readonly mode?: number }> {
  const facts = await Deno.stat(path).catch(() => undefined);
  const mode = facts?.mode ?? undefined;
  return mode === undefined ? {} : { mode: mode & 0o666 | 0o600 };
}
