import { setImmediate } from "node:timers";
import type { Question } from "./measure.ts";

const MIB = 1024 * 1024;

/** How long a restart makes everything else wait. */
const question: Question = {
  title: "Longest pause of the event loop at a restart: ms, by resident memory",
  columns: { "64 MiB": 2, "512 MiB": 2, "2 GiB": 2 },
  rows: ["plain", "detached", "setsid", "ours", "oursAlone", "node", "respawn"],
  targets: [
    { row: "ours", floor: ["plain"], columns: ["2 GiB"], atMost: 1.15 },
  ],
  scale: [12, 30],
  async measure({ restart }, count) {
    if (restart === undefined) throw new TypeError("It does not restart");
    const ballast: Uint8Array[] = [];
    const pauses = async (mib: number) => {
      while (ballast.length < mib / 64) {
        ballast.push(new Uint8Array(64 * MIB).fill(1));
      }
      let longest = 0;
      let over = false;
      let before = performance.now();
      const turn = () => {
        const now = performance.now();
        longest = Math.max(longest, now - before);
        before = now;
        if (!over) setImmediate(turn);
      };
      setImmediate(turn);
      const found: number[] = [];
      // At the end of a run, the pause is that of its start.
      await restart("sleep", ["0.01"], () => {
        found.push(longest);
        longest = 0;
        return found.length < count + 4;
      });
      over = true;
      return found.slice(4).sort((a, b) => a - b)[count >> 1] ?? NaN;
    };
    return {
      "64 MiB": await pauses(64),
      "512 MiB": await pauses(512),
      "2 GiB": await pauses(2_048),
    };
  },
};

export default question;
