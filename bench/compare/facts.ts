/**
 * What the contenders have, where a trial would show no more than their help.
 *
 * @module
 */

import { PM2 } from "./contenders.ts";

/** A fact about a contender. */
export interface Fact {
  /** What the cell says. */
  readonly cell: string;
  /** A command, and what it prints if the fact holds. */
  readonly proof?: readonly [command: readonly string[], prints: string];
}

/** What each contender is. */
export const WHAT_IT_IS: Readonly<Record<string, Fact>> = {
  processman: { cell: "library and CLI" },
  pm2: {
    cell: "daemon and CLI",
    proof: [["node", PM2, "--help"], "kill daemon"],
  },
  supervisord: {
    cell: "daemon and CLI",
    proof: [["supervisorctl", "--help"], "control applications"],
  },
  execa: { cell: "library" },
  dax: { cell: "library" },
  "Deno.Command": { cell: "part of Deno" },
};

/** Who waits until a program is ready, and replaces one without a gap. */
export const READINESS: Readonly<Record<string, Fact>> = {
  processman: { cell: "for any program" },
  pm2: { cell: "for Node", proof: [["node", PM2, "--help"], "--wait-ready"] },
  supervisord: {
    cell: "no",
    proof: [
      ["supervisorctl", "help", "reload"],
      "Restart the remote supervisord",
    ],
  },
  execa: { cell: "no" },
  dax: { cell: "no" },
  "Deno.Command": { cell: "no" },
};

/** Fails if a fact is not so. */
export async function prove(facts: readonly Fact[]): Promise<void> {
  // Even to print its help, pm2 starts its daemon.
  const folder = await Deno.makeTempDir({ prefix: "compare_" });
  const env = { PM2_HOME: folder };
  try {
    for (const { cell, proof } of facts) {
      if (proof === undefined) continue;
      const [command, prints] = proof;
      if ((await outputOf(command, env)).includes(prints)) continue;
      throw new Error(`"${cell}": ${command.join(" ")} lacks "${prints}"`);
    }
  } finally {
    await outputOf(["node", PM2, "kill"], env);
    await Deno.remove(folder, { recursive: true });
  }
}

async function outputOf(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args, env }).output();
  return new TextDecoder().decode(stdout);
}
