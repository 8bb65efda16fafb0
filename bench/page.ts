import { launchChromium } from "../tools/browser.ts";
import { measureLoad } from "../tools/dashboard_load.ts";
import type { Question, Values } from "./measure.ts";

/** How many lines each process writes in a second. */
const LINES_PER_SECOND = 100;

/** How many processes write. */
const PROCESSES = 100;

/** How long the supervisor is measured without a page, in seconds. */
const ALONE_S = 15;

/** How the page bears up, and what it costs, while the log grows. */
const question: Question = {
  title: "The page with 100 processes and 10,000 lines a second: " +
    "shares of what there is without it, of 100 ms (frame), 300 ms (view)",
  columns: { lines: 2, CPU: 2, frame: 0, memory: 2, view: 0 },
  unit: { lines: 1, CPU: 1, frame: 100, memory: 1, view: 300 },
  rows: ["oursTool"],
  targets: [
    { row: "oursTool", floor: [], columns: ["lines"], atLeast: 0.9 },
    {
      row: "oursTool",
      floor: [],
      columns: ["frame", "view"],
      atMost: 1,
    },
    { row: "oursTool", floor: [], columns: ["memory"], atMost: 1.1 },
  ],
  scale: [15, 60],
  rounds: 3,
  measure: page,
};

export default question;

/** Measures a supervisor without a page, and then with one for some seconds. */
async function page(_contender: unknown, seconds: number): Promise<Values> {
  const load = { processes: PROCESSES, linesPerSecond: LINES_PER_SECOND };
  const browser = await launchChromium();
  try {
    const found = await measureLoad(browser, load, {
      aloneS: ALONE_S,
      pageS: seconds,
    });
    const { alone, watched, smooth, heap: [early, late], firstView } = found;
    return {
      lines: watched.linesPerSecond / alone.linesPerSecond,
      CPU: watched.cpu / alone.cpu,
      frame: smooth.frame,
      memory: late / early,
      view: firstView,
    };
  } finally {
    await browser.close();
  }
}
