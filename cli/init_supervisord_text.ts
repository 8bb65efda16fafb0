/**
 * Expands what supervisord replaces in a value, such as `%(ENV_HOME)s`.
 *
 * @module
 */

import { literal } from "./init_parts.ts";
import { plainWords, quoted } from "./init_command_line.ts";

/** What a value can name. */
export interface Expansions {
  /** Names with one value, such as `program_name`. */
  readonly known: ReadonlyMap<string, string>;
  /** The numbers of the processes of a program; there is at least one. */
  readonly numbers: readonly number[];
  /** Whether one entry with replicas stands for all of the numbers. */
  readonly replicas: boolean;
}

/** The numbers cannot be written as an expression of the replica. */
export class NoExpression extends Error {}

/** A part of a value. */
type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "number"; readonly expression: string };

const FORMAT = /%(?:%|\((\w+)\)([-#0 +]*)(\d*)(?:\.\d+)?[sdi])/g;

/** Splits a value into what is text, and what is replaced. */
function piecesOf(value: string, expansions: Expansions): Piece[] {
  const pieces: Piece[] = [];
  let text = "";
  let at = 0;
  const flush = () => {
    if (text !== "") pieces.push({ kind: "text", text });
    text = "";
  };
  for (const found of value.matchAll(FORMAT)) {
    const [all, name, flags = "", width] = found;
    text += value.slice(at, found.index);
    at = found.index + all.length;
    if (name === undefined) text += "%";
    else if (name === "process_num") {
      const pad = flags.includes("0") ? Number(width) : 0;
      const number = numberOf(expansions, pad, text);
      text = number.before;
      if (number.expression === undefined) continue;
      flush();
      pieces.push({ kind: "number", expression: number.expression });
    } else {
      const known = expansions.known.get(name);
      if (known !== undefined) text += known;
      else {
        flush();
        const [, variable = "HOSTNAME"] = /^ENV_(.+)$/.exec(name) ?? [];
        pieces.push({ kind: "variable", name: variable });
      }
    }
  }
  text += value.slice(at);
  flush();
  return pieces;
}

/**
 * Writes a number of a process as an expression of its replica. `80` before a
 * number of two digits becomes a part of the expression.
 *
 * @throws {NoExpression} If the zeros before it differ between the replicas.
 */
function numberOf(
  { numbers, replicas }: Expansions,
  pad: number,
  before: string,
): { before: string; expression?: string } {
  const [first = 0] = numbers;
  const last = numbers.at(-1) ?? first;
  const write = (number: number) => String(number).padStart(pad, "0");
  if (!replicas) return { before: before + write(first) };
  const [digits = ""] = /(?<![\d.])[1-9]\d*$/.exec(before) ?? [];
  if (digits !== "" && write(last).length === write(first).length) {
    const base = Number(digits + write(first)) - 1;
    const rest = before.slice(0, -digits.length);
    return { before: rest, expression: `$[${base} + replica]` };
  }
  const zeros = pad - String(first).length;
  if (zeros > 0 && String(last).length !== String(first).length) {
    throw new NoExpression();
  }
  return {
    before: before + "0".repeat(Math.max(0, zeros)),
    expression: first === 1
      ? "$[replica]"
      : first === 0
      ? "$[replica - 1]"
      : `$[${first - 1} + replica]`,
  };
}

/** Writes a value as a configuration does, with `${HOME}` for variables. */
export function configText(value: string, expansions: Expansions): string {
  return piecesOf(value, expansions).map((piece) => {
    if (piece.kind === "text") return literal(piece.text);
    return piece.kind === "number" ? piece.expression : `\${${piece.name}}`;
  }).join("");
}

/**
 * Writes a command: as words, or for a shell if it has variables, or if the
 * shell has to do something before.
 *
 * @param line The command line.
 * @param expansions What it can name.
 * @param before Such as `umask 022`.
 * @returns The command; `undefined` if a quote is not closed.
 */
export function commandOf(
  line: string,
  expansions: Expansions,
  before?: string,
): { command: string[] } | { shell: string } | undefined {
  const words = plainWords(line)
    ?.map((word) => piecesOf(word, expansions));
  if (words === undefined || words.length === 0) return undefined;
  const variables = words.flat().some(({ kind }) => kind === "variable");
  if (variables || before !== undefined) {
    const command = `exec ${words.map(shellWord).join(" ")}`;
    return {
      shell: before === undefined ? command : `${before} && ${command}`,
    };
  }
  return {
    command: words.map((pieces) =>
      pieces.map((piece) =>
        piece.kind === "text"
          ? piece.text
          : piece.kind === "number"
          ? piece.expression
          : ""
      ).join("")
    ),
  };
}

function shellWord(pieces: readonly Piece[]): string {
  if (!pieces.some(({ kind }) => kind === "variable")) {
    return quoted(
      pieces.map((piece) =>
        piece.kind === "text" ? piece.text : expressionOf(piece)
      ).join(
        "",
      ),
    );
  }
  const inner = pieces.map((piece) =>
    piece.kind === "text"
      ? piece.text.replace(/["\\$`]/g, "\\$&")
      : piece.kind === "variable"
      ? `\${${piece.name}}`
      : piece.expression
  );
  return `"${inner.join("")}"`;
}

function expressionOf(piece: Piece): string {
  return piece.kind === "number" ? piece.expression : "";
}
