/**
 * Makes the processes of a program visible to the tool `processman` and to other
 * clients, over a Unix socket.
 *
 * {@linkcode expose} opens the socket of a manager or of a plan that runs. It
 * needs a few permissions, which its documentation lists. Each user sees only
 * his own supervisors.
 *
 * A {@linkcode ControlClient} asks a supervisor. The protocol is HTTP/1.1, with
 * JSON and server-sent events; `/openapi.json` describes it, and `/metrics` has
 * metrics for Prometheus. Any HTTP client works:
 *
 * ```sh
 * curl --unix-socket "$SOCKET" http://localhost/v1/processes
 * curl --unix-socket "$SOCKET" http://localhost/v1/logs?follow=true
 * curl --unix-socket "$SOCKET" http://localhost/v1/restart -d '{"names":["api"]}'
 * ```
 *
 * No answer contains a value of an environment variable, but answers contain
 * the arguments of programs, which everyone on the machine can see.
 *
 * @example A program that can be seen and controlled, and what a client sees
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { ControlClient, expose } from "@isbm/processman/control";
 *
 * await using pm = new Processman();
 * await using exposed = await expose(pm, { name: "shop" });
 * pm.command("sleep", ["500"], { name: "api" });
 *
 * const client = new ControlClient(exposed.socket);
 * for (const { name, state, why } of await client.processes()) {
 *   console.log(name, state, why); // api running api has been running for 3 ms
 * }
 * await client.stop({ names: ["api"] });
 * ```
 *
 * @module
 */

export { type Claim, claim, type ClaimOptions } from "./claim.ts";
export * from "./client.ts";
export * from "./expose.ts";
export * from "./log.ts";
export * from "./place.ts";
export { usageReader } from "./read_usage.ts";
export type { Usage } from "./usage.ts";
