/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A small line that shows how a value went.
 *
 * @module
 */

import { memo } from "./memo.ts";
import { sparkPoints } from "./spark_points.ts";
import type { Usage } from "./store.ts";

/** The size of the line in pixels. */
const [width, height] = [64, 20];

/** Shows how a value went in the last minutes; the text beside it says more. */
export const Sparkline = memo(
  ({ samples, of, least }: {
    samples: readonly Usage[];
    of: "cpu" | "memory";
    /** What the top stands for at least, so that noise stays flat. */
    least: number;
  }) => {
    const points = sparkPoints(samples, of, { width, height, least });
    return (
      <svg
        class="spark"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        aria-hidden="true"
      >
        <line
          class="spark-base"
          x1={0}
          x2={width}
          y1={height - 0.5}
          y2={height - 0.5}
        />
        {points !== "" && (
          <>
            <polygon class="spark-area" points={closed(points)} />
            <polyline class="spark-line" points={points} />
          </>
        )}
      </svg>
    );
  },
);

/** Returns the points of the area below a line. */
function closed(points: string): string {
  const first = points.split(",", 1)[0];
  return `${first},${height} ${points} ${width},${height}`;
}
