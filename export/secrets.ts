/**
 * Which variables look as if nobody else should know their values.
 *
 * @module
 */

/** What the names of secrets contain. */
const NAME =
  /pass(?:w(?:or)?d|phrase)|secret|token(?:$|_)|credential|private|(?:^|_)pass$|_pwd$|(?:^|_)auth$|(?:^|_|api|access|private|secret)key(?:$|_)/i;

/** Names of variables that say where a secret is. */
const PLACE = /_(?:FILE|PATH|DIR)$/i;

/** A URL with a password. */
const CREDENTIALS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]*:[^\s/?#]+@/i;

/** Returns whether a variable looks secret. */
export function isSecret(name: string, value: string): boolean {
  return value !== "" && NAME.test(name) && !PLACE.test(name) ||
    CREDENTIALS.test(value);
}

/** Returns the names of the variables that look secret, each once. */
export function secretNames(
  environments: Iterable<Readonly<Record<string, string>>>,
): string[] {
  const names = new Set<string>();
  for (const env of environments) {
    for (const [name, value] of Object.entries(env)) {
      if (isSecret(name, value)) names.add(name);
    }
  }
  return [...names];
}
