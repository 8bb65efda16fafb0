/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What a process has used while the page was open, as charts.
 *
 * @module
 */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import UPlot from "uplot";
import { bytesText, clockTime, shareText } from "./format.ts";
import type { Usage } from "./store.ts";

/** The height of a chart in pixels. */
const HEIGHT = 110;

/** The most rows of the table. */
const ROWS = 12;

/** A quantity that is shown. */
interface Quantity {
  readonly title: string;
  readonly color: string;
  readonly of: (sample: Usage) => number;
  readonly text: (value: number) => string;
  /** The least value that the axis goes up to. */
  readonly least: number;
}

const CPU: Quantity = {
  title: "CPU",
  color: "--accent",
  of: ({ cpu }) => cpu,
  text: shareText,
  least: 0.05,
};

const MEMORY: Quantity = {
  title: "Memory",
  color: "--busy",
  of: ({ memory }) => memory,
  text: bytesText,
  least: 1_048_576,
};

/** Shows what a process has used, the oldest sample first. */
export function UsageCharts({ samples }: { samples: readonly Usage[] }) {
  if (samples.length < 2) return <UsageNow sample={samples.at(-1)} />;
  return (
    <>
      <Chart quantity={CPU} samples={samples} />
      <Chart quantity={MEMORY} samples={samples} />
      <UsageTable samples={samples} />
    </>
  );
}

function UsageNow({ sample }: { sample: Usage | undefined }) {
  if (sample === undefined) return <p class="process-empty">Not known yet.</p>;
  return (
    <p>
      CPU {shareText(sample.cpu)}, memory {bytesText(sample.memory)}
    </p>
  );
}

function Chart(
  { quantity, samples }: {
    quantity: Quantity;
    samples: readonly Usage[];
  },
) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const dark = useDark();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new UPlot(
      plotOptions(quantity, element.clientWidth),
      plotData(quantity, samples),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [quantity, dark]);
  useEffect(() => {
    plot.current?.setData(plotData(quantity, samples));
  }, [quantity, samples]);
  const { title } = quantity;
  const summary = summaryOf(quantity, samples);
  return (
    <figure class="process-chart">
      <figcaption>
        <b>{title}</b> {summary}
      </figcaption>
      <div ref={box} role="img" aria-label={`${title}: ${summary}`} />
    </figure>
  );
}

function summaryOf(
  { of, text }: Quantity,
  samples: readonly Usage[],
): string {
  const values = samples.map(of);
  return `${text(values.at(-1) ?? 0)} now, at most ${
    text(Math.max(...values))
  }`;
}

/** The same in words, which screen readers read and everybody can open. */
function UsageTable({ samples }: { samples: readonly Usage[] }) {
  const step = Math.max(1, Math.ceil(samples.length / ROWS));
  const last = samples.length - 1;
  const rows = samples.filter((_, i) => (last - i) % step === 0).reverse();
  return (
    <details class="process-chart-table">
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, cpu, memory }) => (
            <tr key={time}>
              <th scope="row">{clockTime(time)}</th>
              <td>{shareText(cpu)}</td>
              <td>{bytesText(memory)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function plotData(
  { of }: Quantity,
  samples: readonly Usage[],
): UPlot.AlignedData {
  return [samples.map(({ time }) => time / 1_000), samples.map(of)];
}

function plotOptions(
  { title, color, text, least }: Quantity,
  width: number,
): UPlot.Options {
  // A canvas does not know the variables of the style sheet.
  const style = getComputedStyle(document.documentElement);
  const colorOf = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colorOf("--soft"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colorOf("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      y: { range: (_, __, most) => [0, Math.max(least, most * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 90,
        values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1_000)),
      },
      {
        ...axis,
        size: 70,
        space: 32,
        values: (_, ticks) => ticks.map(text),
      },
    ],
    series: [{}, {
      label: title,
      stroke: colorOf(color),
      width: 1.5,
      points: { show: false },
    }],
  };
}

/** Returns whether the page is dark, now and after a change. */
function useDark(): boolean {
  const [query] = useState(() => matchMedia("(prefers-color-scheme: dark)"));
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const look = () => setDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, [query]);
  return dark;
}
