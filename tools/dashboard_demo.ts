// deno-lint-ignore-file no-console
/**
 * A shop with a few troubles, and its dashboard, to look at:
 * `deno run -A tools/offline.ts run -A tools/dashboard_demo.ts [COUNT]`.
 *
 * @module
 */

import { DashboardStage, jobs, troubledShop } from "./dashboard_stage.ts";

if (import.meta.main) {
  const stage = await DashboardStage.open({
    ...troubledShop(),
    ...jobs(Number(Deno.args[0] ?? 0)),
  });
  console.log(stage.link());
  await new Promise(() => {});
}
