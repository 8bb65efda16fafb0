import type { Question } from "./measure.ts";

/** What it costs to begin. */
const question: Question = {
  title: "Cold start: ms for a script that runs one /bin/true and ends",
  columns: { "cold start": 1 },
  rows: [
    "plain",
    "detached",
    "ours",
    "oursAlone",
    "node",
    "respawn",
    "dax",
    "execa",
  ],
  targets: [
    { row: "ours", floor: ["detached"], atMost: 1.15 },
    { row: "oursAlone", floor: ["plain"], atMost: 1.15 },
  ],
  scale: [7, 15],
  scripts: {
    plain: "cold/raw.ts",
    detached: "cold/detached.ts",
    ours: "cold/ours.ts",
    oursAlone: "cold/alone.ts",
    node: "peers/cold_node.ts",
    respawn: "peers/cold_respawn.ts",
    dax: "peers/cold_dax.ts",
    execa: "peers/cold_execa.ts",
  },
};

export default question;
