import type { Question } from "./measure.ts";

const PROGRAM = "/bin/true";

/** Spawn and wait. */
const question: Question = {
  title: "Spawn and wait: ms for each /bin/true; ratio to the first row",
  columns: { "one by one": 2, "32 at once": 2 },
  rows: [
    "plain",
    "detached",
    "setsid",
    "ours",
    "oursAlone",
    "node",
    "nodeDetached",
    "execa",
    "execaDetached",
    "dax",
    "respawn",
    "forever",
    "go",
  ],
  targets: [
    { row: "ours", floor: ["detached", "setsid"], atMost: 1.1 },
    { row: "oursAlone", floor: ["plain"], atMost: 1.1 },
    { row: "oursAlone", floor: ["execa", "dax", "respawn"], atMost: 0.77 },
    { row: "ours", floor: ["execaDetached"], atMost: 1 },
  ],
  scale: [128, 256],
  async measure({ run }, count) {
    if (run === undefined) {
      throw new TypeError("It does not run a program once");
    }
    for (let i = 0; i < 32; i++) await run(PROGRAM, []);
    const start = performance.now();
    for (let i = 0; i < count; i++) await run(PROGRAM, []);
    const middle = performance.now();
    for (let i = 0; i < count; i += 32) {
      await Promise.all(Array.from({ length: 32 }, () => run(PROGRAM, [])));
    }
    return {
      "one by one": (middle - start) / count,
      "32 at once": (performance.now() - middle) / count,
    };
  },
};

export default question;
