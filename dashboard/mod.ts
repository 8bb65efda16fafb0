/**
 * Serves a page on the loopback interface that shows the processes of a
 * supervisor, and can act on them.
 *
 * @example
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { expose } from "@isbm/processman/control";
 * import { serveDashboard } from "@isbm/processman/dashboard";
 *
 * await using pm = new Processman();
 * await using exposed = await expose(pm, { name: "shop" });
 * await using dashboard = serveDashboard(exposed);
 * console.log(dashboard.link());
 * ```
 *
 * @module
 */

export { reportPage } from "./report.ts";
export type { ReportData } from "./report_data.ts";
export {
  type Dashboard,
  type DashboardOptions,
  type DashboardTarget,
  serveDashboard,
} from "./serve.ts";
