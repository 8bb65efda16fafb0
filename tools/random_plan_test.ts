import { assertEquals, assertNotEquals } from "@std/assert";
import type { OptionPath } from "../export/option_paths.ts";
import { seededRandom } from "../testing/mod.ts";
import { randomPlan, VARIATIONS, variedPlan } from "./random_plan.ts";

Deno.test("variedPlan() makes two plans for each option", () => {
  for (const option of Object.keys(VARIATIONS) as OptionPath[]) {
    for (const which of [0, 1] as const) variedPlan(option, which);
  }
});

Deno.test("randomPlan() draws the same plan from the same numbers", () => {
  const shown = (seed: number) => {
    const { entries } = randomPlan(seededRandom(seed));
    return JSON.stringify([...entries.values()]);
  };
  assertEquals(shown(1), shown(1));
  assertNotEquals(shown(1), shown(2));
});
