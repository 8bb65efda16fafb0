/**
 * Colors that can be read: what processes choose, and what stands for names,
 * is moved towards black or white until the contrast is enough (WCAG AA). The
 * functions are pure.
 *
 * @module
 */

/** A color: red, green and blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** The contrast that text has at least. AA wants 4.5; rows can be tinted. */
const CONTRAST = 5.5;

/** What text is written on: `--panel` of `app.css`. */
const LIGHT: Rgb = [255, 255, 255];
const DARK: Rgb = [29, 29, 33];

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** Returns a value of CSS for text of a color, for light and for dark. */
export function textColor(color: Rgb): string {
  const light = hex(towards(color, BLACK, LIGHT));
  const dark = hex(towards(color, WHITE, DARK));
  return `light-dark(${light}, ${dark})`;
}

/** Returns values of CSS for text of a color on another color. */
export function pairColors(
  color: Rgb | undefined,
  background: Rgb,
): { color: string; backgroundColor: string } {
  const end = contrast(BLACK, background) > contrast(WHITE, background)
    ? BLACK
    : WHITE;
  const text = towards(color ?? end, end, background);
  return { color: hex(text), backgroundColor: hex(background) };
}

/** Returns a color for a name, always the same one. */
export function colorOf(name: string): Rgb {
  let hash = 2_166_136_261;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619);
  }
  // The low bits of this hash alone do not tell "job-1" from "job-3" well.
  hash ^= hash >>> 15;
  return fromHue((hash >>> 0) % 24 * 15);
}

/** Returns one of the 256 colors of terminals. */
export function paletteColor(index: number): Rgb {
  const basic = BASIC[index];
  if (basic !== undefined) return basic;
  if (index >= 232) {
    const gray = 8 + (index - 232) * 10;
    return [gray, gray, gray];
  }
  const level = (step: number) => step === 0 ? 0 : 55 + step * 40;
  const cube = index - 16;
  return [
    level(Math.floor(cube / 36)),
    level(Math.floor(cube / 6) % 6),
    level(cube % 6),
  ];
}

/** The first 16 colors of terminals. */
const BASIC: readonly Rgb[] = [
  [40, 40, 44],
  [190, 38, 30],
  [23, 110, 50],
  [138, 90, 0],
  [11, 92, 173],
  [146, 50, 150],
  [0, 110, 120],
  [200, 200, 206],
  [110, 110, 118],
  [255, 110, 100],
  [90, 210, 120],
  [240, 190, 80],
  [120, 180, 250],
  [225, 140, 235],
  [80, 205, 215],
  [255, 255, 255],
];

/** Returns the contrast of two colors, from 1 to 21, as WCAG defines it. */
export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Moves a color until it can be read on another one. */
function towards(color: Rgb, end: Rgb, background: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(color, end, share);
    if (contrast(mixed, background) >= CONTRAST) return mixed;
  }
  return end;
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  const part = (a: number, b: number) => Math.round(a + (b - a) * share);
  return [
    part(one[0], other[0]),
    part(one[1], other[1]),
    part(one[2], other[2]),
  ];
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(part: number): number {
  const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function fromHue(hue: number): Rgb {
  const part = (shift: number) => {
    const turn = (shift + hue / 30) % 12;
    const share = 0.5 - 0.33 * Math.max(-1, Math.min(turn - 3, 9 - turn, 1));
    return Math.round(share * 255);
  };
  return [part(0), part(8), part(4)];
}

function hex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
