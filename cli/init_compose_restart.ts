/**
 * When Docker restarts containers.
 *
 * @module
 */

import type { WrittenProcess, WrittenRestart } from "./define_config.ts";
import { RESTART_POLICY, UPDATE } from "./init_compose_keys.ts";
import { given, type Part } from "./init_keys.ts";
import { durationOf } from "./init_values.ts";

/** Docker waits 100 ms, and then twice as long each time, up to a minute. */
const DOCKER: WrittenRestart = {
  backoff: { exponential: { initialMs: 100, maxMs: 60_000, jitter: "none" } },
  resetAfterMs: 10_000,
};

/** What the processes of a Compose file have in common. */
export function restartDefaults(
  processes: Readonly<Record<string, WrittenProcess>>,
): WrittenRestart {
  const any = Object.values(processes).some(({ restart }) =>
    restart !== undefined
  );
  return { policy: "never", ...any && DOCKER };
}

/** When a service is restarted; nothing if it is not. */
export function serviceRestart(
  service: Part,
  deploy: Part,
): WrittenRestart | undefined {
  const written = service.text("restart");
  const policy = deploy.part("restart_policy", RESTART_POLICY);
  const condition = policy.text("condition");
  const delay = policy.take("delay");
  const restarts = policy.number("max_attempts");
  const resetAfterMs = durationOf(policy.take("window"));
  policy.end();
  const given_ = condition ??
    (deploy.has("restart_policy") ? "any" : written ?? "no");
  const [, kind = "", most] = given_.match(/^([\w-]+)(?::(\d+))?$/) ?? [];
  const limit = most === undefined ? restarts : Number(most);
  const wait = durationOf(delay);
  const options = given({
    policy: POLICIES[kind],
    limit: limit === undefined || limit === 0 ? undefined : { restarts: limit },
    backoff: wait === undefined ? undefined : { constant: wait },
    resetAfterMs,
  });
  if (options.policy === undefined) {
    service.gap("restart", `the policy ${given_} is not known`);
    return undefined;
  }
  return options.policy === "never" ? undefined : options;
}

const POLICIES: Readonly<Record<string, WrittenRestart["policy"]>> = {
  no: "never",
  none: "never",
  false: "never",
  always: "always",
  any: "always",
  "unless-stopped": "always",
  "on-failure": "on-failure",
};

/** How the replicas of a service are replaced. */
export function rollOf(deploy: Part): WrittenProcess["roll"] {
  if (!deploy.has("update_config")) return undefined;
  const part = deploy.part("update_config", UPDATE);
  const order = part.text("order");
  const known = (["start-first", "stop-first"] as const)
    .find((each) => each === order);
  const minReadyMs = durationOf(part.take("monitor"));
  part.end();
  if (order !== known) {
    part.gap("order", `${order} is not known`);
  }
  return given({ order: known, minReadyMs });
}
