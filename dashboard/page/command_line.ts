/**
 * Writes a command as a shell takes it. The functions are pure.
 *
 * @module
 */

/** What is run, and with what. */
export interface CommandLine {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The working directory; `null` if it is not known. */
  readonly cwd?: string | null | undefined;
  /** The names of the environment variables to set. */
  readonly environment?: readonly string[] | undefined;
  /** Whether it gets no other variables. */
  readonly clearEnv?: boolean | undefined;
}

/** What stands where the value of a variable belongs. */
const PLACEHOLDER = "…";

/**
 * Returns what to type into a shell to run a command by hand. The values of
 * environment variables are not known, so a placeholder stands for each.
 */
export function commandLine(
  { command, cwd = null, environment = [], clearEnv = false }: CommandLine,
): string {
  const folder = cwd === null ? "" : `cd ${operand(cwd)} && `;
  const words = [...setting(environment, clearEnv), commandText(command)];
  return folder + words.join(" ");
}

/** Returns a program and its arguments as a shell takes them. */
export function commandText(command: readonly string[]): string {
  return command.map((word, i) => i === 0 ? programWord(word) : shellWord(word))
    .join(" ");
}

/**
 * Returns a word as a shell takes it, in quotes if that is necessary.
 *
 * Control characters become escapes of `$'…'`: a terminal would act on them
 * when the text is pasted, and some change the order in which text is shown.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!UNSAFE.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${
    word.replaceAll(/[\\']/g, "\\$&").replaceAll(ALL_UNSAFE, escaped)
  }'`;
}

const CLASS = String
  .raw`[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]`;
const UNSAFE = new RegExp(CLASS);
const ALL_UNSAFE = new RegExp(CLASS, "g");

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  // In a shell, `\x9b` is a byte, which is no character in UTF-8.
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Returns a folder that `cd` does not take for an option. */
function operand(path: string): string {
  return path.startsWith("-") ? shellWord(`./${path}`) : shellWord(path);
}

/** Returns a program that a shell does not take for the value of a variable. */
function programWord(word: string): string {
  return /^[\w.]+\+?=/.test(word) ? `'${word}'` : shellWord(word);
}

/** Returns what sets variables for one command. */
function setting(names: readonly string[], clear: boolean): string[] {
  const plain = names.every((name) => /^[A-Za-z_]\w*$/.test(name));
  const pairs = names.map((name) =>
    plain ? `${name}=${PLACEHOLDER}` : shellWord(`${name}=${PLACEHOLDER}`)
  );
  if (clear) return ["env", "-i", ...pairs];
  return plain ? pairs : ["env", ...pairs];
}
