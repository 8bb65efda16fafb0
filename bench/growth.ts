import { idle } from "./idle.ts";
import type { Question, Row } from "./measure.ts";

const grow = (name: Row["name"], label: string): Row[] =>
  [100, 500, 1_000, 2_000].map((parameter) => ({
    name,
    parameter,
    label: `${label}, ${parameter}`,
  }));

/** Whether the cost of a child depends on how many there are. */
const question: Question = {
  title: "Growth: the same for each child, by the number of children",
  columns: { "start": 2, "KiB": 1, "stop": 3 },
  rows: [...grow("ours", "processman"), ...grow("setsid", "raw, setsid")],
  scale: [0, 0],
  fullOnly: true,
  measure: idle,
};

export default question;
