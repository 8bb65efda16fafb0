/**
 * What processes write, as text: the colors of terminals become data, all other
 * control sequences are removed, and what could deceive is made visible.
 *
 * @module
 */

import Anser from "anser";
import { pairColors, paletteColor, type Rgb, textColor } from "./colors.ts";

/** A piece of text that looks the same throughout. */
export interface AnsiSpan {
  readonly text: string;
  /** Classes of `ansi_text.css`. */
  readonly classes: readonly string[];
  /** Colors that no class has. */
  readonly style?: {
    readonly color: string;
    readonly backgroundColor?: string;
  };
}

/**
 * Control sequences, the most special ones first: operating system commands
 * such as titles and links, device control strings, control sequences with
 * their parameters in groups, other escapes, and single characters. A sequence
 * that does not end is not removed, so that it cannot hide the rest of a line.
 */
const CONTROLS =
  // deno-lint-ignore no-control-regex
  /(?:\x1b\]|\x9d)[^\x00-\x08\x0a-\x1f\x80-\x9f]*(?:\x07|\x1b\\|\x9c)|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x00-\x08\x0a-\x1f\x80-\x9f]*(?:\x1b\\|\x9c)|(?:\x1b\[|\x9b)([0-?]*)([ -/]*)([@-~])|\x1b[ -/]*[0-~]|[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Returns the text that a line shows, without colors. */
export function plainText(line: string): string {
  return cleaned(line, () => "");
}

/** Returns the text that a line shows, in pieces with their looks. */
export function ansiSpans(line: string): AnsiSpan[] {
  const [first = "", ...chunks] = cleaned(line, rendition).split("\x1b[");
  const spans: AnsiSpan[] = first === "" ? [] : [{ text: first, classes: [] }];
  if (chunks.length === 0) return spans;
  const anser = new Anser();
  for (const chunk of chunks) {
    const options = { json: true, use_classes: true } as const;
    const entry = anser.processChunkJson(chunk, options, true);
    if (entry.content !== "") spans.push(spanOf(entry));
  }
  return spans;
}

/** Replaces all control sequences; those for colors by what a function says. */
function cleaned(
  line: string,
  colors: (parameters: string) => string,
): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  CONTROLS.lastIndex = 0;
  if (!CONTROLS.test(text)) return text;
  return text.replaceAll(
    CONTROLS,
    (found: string, parameters?: string, between?: string, end?: string) => {
      if (end === "m" && between === "" && /^[\d;:]*$/.test(parameters ?? "")) {
        return colors(parameters ?? "");
      }
      return found.length === 1 ? visible(found) : "";
    },
  );
}

/** Writes what stands for a look as Anser understands it. */
function rendition(parameters: string): string {
  const plain = parameters
    .replaceAll(/([34]8):2:(?:\d*:)?(\d+):(\d+):(\d+)/g, "$1;2;$2;$3;$4")
    .replaceAll(/([34]8):5:(\d+)/g, "$1;5;$2")
    .replaceAll(/(\d+)(?::\d*)+/g, "$1");
  return `\x1b[${plain}m`;
}

/** Returns what stands for a character that is not seen. */
function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

function spanOf(entry: Anser.AnserJsonEntry): AnsiSpan {
  const { content: text, fg, bg, fg_truecolor, bg_truecolor } = entry;
  const decorations = new Set(entry.decorations);
  const reverse = decorations.delete("reverse");
  // What is hidden could deceive, and what blinks disturbs.
  if (decorations.delete("hidden")) decorations.add("dim");
  decorations.delete("blink");
  const classes = [...decorations].map((each) => `ansi-${each}`);
  let color = rgbOf(fg, fg_truecolor);
  let background = rgbOf(bg, bg_truecolor);
  if (reverse) {
    [color, background] = [background, color ?? paletteColor(8)];
  }
  if (background !== undefined) {
    const rest = classes.filter((each) => each !== "ansi-dim");
    return { text, classes: rest, style: pairColors(color, background) };
  }
  if (color === undefined) return { text, classes };
  if (classes.includes("ansi-dim") || !/^ansi-(?:bright-)?[a-z]+$/.test(fg)) {
    // Of two things that make text pale, only the color is shown.
    const rest = classes.filter((each) => each !== "ansi-dim");
    return { text, classes: rest, style: { color: textColor(color) } };
  }
  if (fg === "ansi-truecolor") {
    return { text, classes, style: { color: textColor(color) } };
  }
  return { text, classes: [...classes, fg] };
}

const NAMES = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
];

/** Returns the color that a class of Anser stands for. */
function rgbOf(name: string | null, trueColor: string): Rgb | undefined {
  if (name === null) return undefined;
  if (name === "ansi-truecolor") {
    const [red = 0, green = 0, blue = 0] = trueColor.split(",").map(Number);
    return [red, green, blue];
  }
  const index = name.match(/^ansi-palette-(\d+)$/)?.[1];
  if (index !== undefined) return paletteColor(Number(index));
  const bright = name.startsWith("ansi-bright-");
  const basic = NAMES.indexOf(name.slice(bright ? 12 : 5));
  return basic < 0 ? undefined : paletteColor(basic + (bright ? 8 : 0));
}

/** Returns pieces in which ranges of the text are pieces of their own. */
export function markedSpans(
  spans: readonly AnsiSpan[],
  ranges: readonly (readonly [number, number])[],
): (AnsiSpan & { readonly marked: boolean })[] {
  const result: (AnsiSpan & { readonly marked: boolean })[] = [];
  let start = 0;
  for (const span of spans) {
    const end = start + span.text.length;
    let at = start;
    const add = (to: number, marked: boolean) => {
      const text = span.text.slice(at - start, to - start);
      if (text !== "") result.push({ ...span, text, marked });
      at = Math.max(at, to);
    };
    for (const [from, to] of ranges) {
      if (to <= at || from >= end) continue;
      add(Math.max(from, at), false);
      add(Math.min(to, end), true);
    }
    add(end, false);
    start = end;
  }
  return result;
}
