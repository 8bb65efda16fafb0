import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Question } from "./measure.ts";

const MIB = 1024 * 1024;

/** How fast output is read. */
const question: Question = {
  title: "Bytes: MiB/s by writer; ratio to the first row, more is better",
  columns: { "head -c": 0, "dd bs=1M": 0, "cat": 0 },
  rows: [
    "forAwait",
    "plain",
    "ours",
    "oursByob",
    "oursUnread",
    "node",
    "execa",
    "dax",
    "nodeInNode",
    "go",
  ],
  targets: [
    { row: "ours", floor: ["forAwait"], atLeast: 1.4 },
    { row: "oursUnread", floor: ["forAwait"], atLeast: 1.5 },
  ],
  scale: [192, 512],
  async measure({ bytes }, mib) {
    if (bytes === undefined) throw new TypeError("It does not hand out bytes");
    const path = `${process.env.BENCH_TMP}/${mib}`;
    if (!existsSync(path)) {
      writeFileSync(path, new Uint8Array(mib * MIB).fill(7));
    }
    const speed = async (program: string, args: string[]) => {
      const start = performance.now();
      const read = await bytes(program, args);
      if (read !== mib * MIB) throw new Error(`${read} bytes of ${mib} MiB`);
      return mib / ((performance.now() - start) / 1_000);
    };
    // A compiler that has not yet seen much is not what is measured.
    await bytes("/usr/bin/head", ["-c", `${128 * MIB}`, "/dev/zero"]);
    return {
      "head -c": await speed("/usr/bin/head", [
        "-c",
        `${mib * MIB}`,
        "/dev/zero",
      ]),
      "dd bs=1M": await speed("/bin/dd", [
        "if=/dev/zero",
        "bs=1M",
        `count=${mib}`,
        "status=none",
      ]),
      "cat": await speed("/bin/cat", [path]),
    };
  },
};

export default question;
