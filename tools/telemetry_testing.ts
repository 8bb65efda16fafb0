/**
 * What the tests of the telemetry have in common.
 *
 * @module
 */

import { Processman } from "../mod.ts";
import { instrument, type InstrumentOptions } from "../telemetry/mod.ts";
import { type ChildScript, FakeKernel } from "../testing/mod.ts";
import { registerSdk, type Sdk, type SdkSpan } from "./otel_sdk.ts";
import { permitted } from "./testing.ts";

/** An instrumented manager of fake programs, and what it exports. */
export interface Stage {
  readonly sdk: Sdk;
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  readonly telemetry: Disposable;
  /** The warnings and errors of the manager. */
  readonly log: string[];
}

/** Adds a test with an SDK and an instrumented manager of fake programs. */
export function telemetryTest(
  name: string,
  programs: Record<string, ChildScript | Error>,
  fn: (stage: Stage) => Promise<void>,
  options: (sdk: Sdk) => InstrumentOptions = () => ({}),
): void {
  Deno.test({
    name,
    // The SDK reads variables, and asks the system for its name.
    ignore: !permitted("env", "sys", "read"),
    async fn() {
      await using sdk = await registerSdk();
      const kernel = new FakeKernel({ programs });
      const log: string[] = [];
      const note = (text: string) => void log.push(text);
      const logger = { debug() {}, info() {}, warn: note, error: note };
      const pm = new Processman({ kernel, logger });
      const telemetry = instrument(pm, options(sdk));
      try {
        await fn({ sdk, kernel, pm, telemetry, log });
      } finally {
        await kernel.clock.until(pm.shutdown());
      }
    },
  });
}

/** Returns the names of spans, each after that of its parent. */
export function tree(spans: readonly SdkSpan[]): string[] {
  return spans.map(({ parent, name }) => parent ? `${parent} > ${name}` : name);
}
