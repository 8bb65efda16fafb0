/**
 * Holds exported files against the JSON schema of the Compose specification,
 * which the linter `dclint` contains.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import type { OptionPath } from "./option_paths.ts";
import type { Plan } from "../plan/mod.ts";
import { seededRandom } from "../testing/mod.ts";
import { readFile, schemaFaults } from "../tools/compose_file.ts";
import { randomPlan, VARIATIONS, variedPlan } from "../tools/random_plan.ts";
import { permitted } from "../tools/testing.ts";
import { toCompose } from "./compose.ts";

const ignore = !permitted("env", "read", "sys", "write");

const PLANS = Deno.args.includes("--full") ? 2_000 : 20;

function textOf(plan: Plan): string {
  const images = Object.fromEntries(
    [...plan.entries.keys()].map((name) => [name, "busybox:1"]),
  );
  const { files } = toCompose(plan, { name: "shop", root: "/srv", images });
  return files[0]?.text ?? "";
}

Deno.test({
  name: "The schema of Compose accepts what toCompose() writes",
  ignore,
  fn: async () => {
    const options = Object.keys(VARIATIONS) as OptionPath[];
    const texts = [
      ...options.flatMap((option) => [
        textOf(variedPlan(option, 0)),
        textOf(variedPlan(option, 1)),
      ]),
      ...Array.from(
        { length: PLANS },
        (_, seed) => textOf(randomPlan(seededRandom(seed))),
      ),
    ];
    // The schema takes a while, so all services are in one file, each once.
    const services = texts.flatMap((text) =>
      Object.values(readFile(text).services).map((keys) => JSON.stringify(keys))
    );
    const together = {
      name: "all",
      services: Object.fromEntries(
        [...new Set(services)].map((keys, i) => [`s${i}`, JSON.parse(keys)]),
      ),
    };
    assertEquals(
      await schemaFaults([
        JSON.stringify(together),
        ...texts.slice(-2),
      ]),
      [],
    );
  },
});

Deno.test({
  name: "The schema of Compose rejects a file with something else",
  ignore,
  fn: async () => {
    const text = textOf(variedPlan("stop.signal", 0));
    assertEquals(await schemaFaults([text]), []);
    for (
      const [found, instead, fault] of [
        ["stop_signal", "stop_signals", /additional properties/],
        ["retries: 3", "retries: []", /retries.*must be number,string/],
        ["services:", "service:", /additional properties/],
        ["  db:", "  d b:", /additional properties/],
        ["[sleep]", "[sleep", /Invalid YAML/],
      ] as const
    ) {
      const [first = ""] = await schemaFaults([text.replace(found, instead)]);
      assertMatch(first, fault);
    }
  },
});
