/**
 * Exports a plan to engines that outgrow one machine, or outlive a login:
 * systemd, Docker Compose and Kubernetes.
 *
 * {@linkcode toSystemd}, {@linkcode toCompose} and {@linkcode toKubernetes}
 * return files, and notes about what has no counterpart in the engine. They need
 * no permission, start nothing and write nothing.
 *
 * @example
 * ```ts
 * import { plan } from "@isbm/processman/plan";
 * import { toSystemd } from "@isbm/processman/export";
 * import { assertEquals } from "@std/assert";
 *
 * const shop = plan({
 *   db: { command: ["/usr/bin/redis-server"] },
 *   api: { command: ["/srv/shop/api"], dependsOn: { db: "started" } },
 * });
 * const { files } = toSystemd(shop, { name: "shop", root: "/srv/shop" });
 * assertEquals(files.map(({ name }) => name), [
 *   "shop.target",
 *   "shop-db.service",
 *   "shop-api.service",
 * ]);
 * ```
 *
 * @module
 */

export { toCompose } from "./compose.ts";
export type { ComposeOptions } from "./compose_options.ts";
export type {
  ContainerOptions,
  Exported,
  ExportedFile,
  ExportOptions,
  Note,
} from "./exported.ts";
export { type KubernetesOptions, toKubernetes } from "./kubernetes.ts";
export { selfUnit, type SelfUnitOptions } from "./self_unit.ts";
export { type SystemdOptions, toSystemd } from "./systemd.ts";
