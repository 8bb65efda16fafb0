/**
 * The points of a small line. Pure.
 *
 * @module
 */

/** How much time a line shows, in milliseconds. */
export const SPARK_MS = 120_000;

/** What a process used at a time. */
interface Sample {
  readonly time: number;
  readonly cpu: number;
  readonly memory: number;
}

/**
 * Returns the points of a line, as SVG takes them; the newest value is at the
 * right edge, and those within a flat part are left out. Empty if there are less than two values.
 *
 * @param samples What was measured, the oldest first.
 * @param of Which value the line shows.
 * @param options The size in pixels, and what the top stands for at least.
 */
export function sparkPoints(
  samples: readonly Sample[],
  of: "cpu" | "memory",
  { width, height, least }: {
    readonly width: number;
    readonly height: number;
    readonly least: number;
  },
): string {
  const end = samples.at(-1)?.time ?? 0;
  const shown = samples.filter(({ time }) => time >= end - SPARK_MS);
  if (shown.length < 2) return "";
  const top = Math.max(least, ...shown.map((each) => each[of]));
  const points = shown.map((sample) => ({
    // Whole pixels, so that a flat line stays the same while time goes on.
    x: Math.round(width - (end - sample.time) / SPARK_MS * width),
    y: Math.round(10 * (height - 1 - sample[of] / top * (height - 2))) / 10,
  }));
  return points.filter(({ y }, i) =>
    points[i - 1]?.y !== y || points[i + 1]?.y !== y
  ).map(({ x, y }) => `${x},${y}`).join(" ");
}
