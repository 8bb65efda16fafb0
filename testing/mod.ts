/**
 * Helpers for tests of supervision, which start no processes and take no time:
 * a system with scripted children, a clock that a test moves, and reproducible
 * random numbers.
 *
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { FakeKernel } from "@isbm/processman/testing";
 *
 * const kernel = new FakeKernel({
 *   programs: { server: (child) => child.on("SIGTERM", () => child.exit(0)) },
 * });
 * await using pm = new Processman({ kernel, logger: null });
 * const server = pm.command("server");
 * await kernel.clock.advance(60_000);
 * console.log(server.state.kind); // running
 * const { status } = await server.stop();
 * console.log(status.code); // 0
 * ```
 *
 * These helpers need no permissions.
 *
 * @module
 */

export {
  type ChildScript,
  FakeKernel,
  type FakeKernelOptions,
} from "./fake_kernel.ts";
export {
  FakeChild,
  FakeProcess,
  type FakeProcesses,
  type FakeProcessPlace,
  type FakeStart,
  type ForkOptions,
} from "./fake_process.ts";
export { seededRandom } from "./seeded_random.ts";
export { VirtualClock } from "./virtual_clock.ts";
