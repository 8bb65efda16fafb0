import type { Question } from "./measure.ts";

/** Restart. */
const question: Question = {
  title: "Restart, delay 0: ms from start to start of /bin/true",
  columns: { restart: 2 },
  rows: [
    "plain",
    "detached",
    "setsid",
    "ours",
    "oursAlone",
    "execa",
    "respawn",
    "forever",
    "pm2InNode",
    "go",
  ],
  targets: [
    { row: "ours", floor: ["detached", "setsid"], atMost: 1.15 },
    { row: "oursAlone", floor: ["plain"], atMost: 1.15 },
  ],
  scale: [150, 300],
  async measure({ restart }, count) {
    if (restart === undefined) throw new TypeError("It does not restart");
    const warm = Math.round(count / 3);
    let runs = 0;
    let start = 0;
    let end = 0;
    await restart("/bin/true", [], () => {
      if (++runs === warm) start = performance.now();
      if (runs === warm + count) end = performance.now();
      return runs < warm + count;
    });
    return { restart: (end - start) / count };
  },
};

export default question;
