import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Question } from "./measure.ts";

/** How fast output is split into lines. */
const question: Question = {
  title: "Lines: thousands per second; ratio to the first row, more is better",
  columns: { "20 bytes": 0, "120 bytes": 0 },
  rows: [
    { name: "plain", label: "hand-written" },
    "oursBatches",
    "ours",
    "textStreams",
    { name: "node", label: "node:readline" },
    "execa",
    { name: "nodeInNode", label: "node:readline in Node" },
  ],
  targets: [
    { row: "oursBatches", floor: ["plain"], atLeast: 0.8 },
    { row: "ours", floor: ["textStreams"], atLeast: 2 },
  ],
  scale: [16, 64],
  async measure({ lines }, mib) {
    if (lines === undefined) throw new TypeError("It does not hand out lines");
    const speed = async (length: number, share: number) => {
      const path = `${process.env.BENCH_TMP}/lines-${length}-${share}`;
      const count = Math.floor(mib * share * 1024 * 1024 / length);
      if (!existsSync(path)) {
        writeFileSync(path, `${"x".repeat(length - 1)}\n`.repeat(count));
      }
      let seen = 0;
      let units = 0;
      const start = performance.now();
      await lines("/bin/cat", [path], (text) => {
        seen++;
        units += text.length;
      });
      if (seen !== count || units !== count * (length - 1)) {
        throw new Error(`${seen} lines of ${count}`);
      }
      return count / (performance.now() - start);
    };
    await speed(120, 0.25);
    return {
      "20 bytes": await speed(20, 0.5),
      "120 bytes": await speed(120, 1),
    };
  },
};

export default question;
