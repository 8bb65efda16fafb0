/**
 * Helpers for tests of programs that use processman. Tests that use them start
 * no real processes, need no permissions, and never wait. The exception is
 * `output.file`, which writes a real file, needs permission for it, and takes
 * real time: leave it out in tests.
 *
 * A {@linkcode FakeKernel} takes the place of the operating system: pass it to
 * the manager as the option `kernel`. Each program is a {@linkcode ChildScript},
 * a function in your test that decides what a {@linkcode FakeChild} writes and
 * how it ends. Time stands still until the test moves the
 * {@linkcode VirtualClock} of the kernel. Random numbers are the same in each
 * test run.
 *
 * @example A server that crashes after a minute is restarted
 * ```ts
 * import { constant, Processman } from "@isbm/processman";
 * import { FakeKernel } from "@isbm/processman/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const kernel = new FakeKernel({
 *   programs: {
 *     server: async (child, clock) => {
 *       child.on("SIGTERM", () => child.exit(0));
 *       await clock.delay(60_000);
 *       return 1;
 *     },
 *   },
 * });
 * await using pm = new Processman({ kernel, logger: null });
 * const server = pm.command("server", [], {
 *   restart: { backoff: constant(500) },
 * });
 *
 * await kernel.clock.advance(60_000);
 * assertEquals(server.state.kind, "backoff");
 * await kernel.clock.advance(500);
 * assertEquals(server.state.kind, "running");
 *
 * const { status } = await server.stop();
 * assertEquals(status.code, 0);
 * kernel.assertNothingLeft();
 * ```
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
