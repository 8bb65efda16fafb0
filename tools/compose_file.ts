/**
 * Reads Compose files as Compose does, for the tests.
 *
 * @module
 */

// It is another parser than the one that writes the files.
import { load } from "npm:js-yaml@4.1.0";

/** A service of a Compose file, as the tests look at it. */
export interface ReadService {
  /** The name. */
  readonly name: string;
  /** How many containers it has. */
  readonly count: number;
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** The variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** All keys. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/** A Compose file. */
export interface ReadFile {
  /** The name of the project. */
  readonly name: string;
  /** The services by their names. */
  readonly services: Readonly<Record<string, Record<string, unknown>>>;
}

/**
 * Reads a Compose file.
 *
 * @param text The text of the file.
 * @throws {Error} If a value contains a variable of Compose.
 */
export function readFile(text: string): ReadFile {
  return interpolated(load(text)) as ReadFile;
}

/**
 * Reads the services of a Compose file.
 *
 * @param text The text of the file.
 * @throws {Error} If a value contains a variable of Compose.
 */
export function readServices(text: string): ReadService[] {
  const { services } = readFile(text);
  return Object.entries(services).map(([name, keys]) => {
    const { entrypoint, command = [], environment = {}, deploy } = keys;
    return {
      name,
      count: Object(deploy).replicas ?? 1,
      words: [...entrypoint as string[], ...command as string[]],
      environment: environment as Record<string, string>,
      keys,
    };
  });
}

/** Replaces what Compose replaces: in values, not in keys. */
function interpolated(value: unknown): unknown {
  if (typeof value === "string") return interpolate(value);
  if (Array.isArray(value)) return value.map(interpolated);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, interpolated(each)]),
  );
}

/**
 * Applies the rules of the chapter "Interpolation" of the Compose specification
 * to a value. No variable is set.
 *
 * @param value The value in the file.
 * @throws {Error} If the value reads a variable, or has a `$` that does neither
 * that nor stand for itself.
 */
export function interpolate(value: string): string {
  return value.replaceAll(
    /\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|(\{))?/g,
    (found, escaped, name, brace) => {
      if (escaped !== undefined) return "$";
      if (name !== undefined || brace !== undefined) {
        throw new Error(`it reads a variable: ${value}`);
      }
      throw new Error(`"${found}" is not escaped: ${value}`);
    },
  );
}

/**
 * Returns what the schema of the Compose specification, which the linter
 * `dclint` contains, finds wrong with files.
 *
 * @param texts The files.
 */
export async function schemaFaults(
  texts: readonly string[],
): Promise<string[]> {
  const { DCLinter } = await import("npm:dclint@3.1.0");
  const linter = new DCLinter({
    rules: {},
    quiet: true,
    debug: false,
    exclude: [],
  });
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    const faults: string[] = [];
    for (const text of texts) {
      // The comment turns off all rules but the schema.
      await Deno.writeTextFile(path, `# dclint disable-file\n${text}`);
      const faulty = linter.lintFiles([path], false)
        .flatMap(({ messages }) => messages);
      faults.push(...faulty.map(({ message }) => message));
    }
    return faults;
  } finally {
    await Deno.remove(path);
  }
}
