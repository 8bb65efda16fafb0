/**
 * The option `--metrics` of `up`.
 *
 * @module
 */

import type { MetricsOptions } from "../control/mod.ts";
import { CliError, STATUS } from "./call.ts";

/** Where the metrics are to be served. */
export interface MetricsAddress {
  /** The address and the port. */
  readonly options: MetricsOptions;
  /** The address at which Prometheus then reads them. */
  readonly url: string;
}

/**
 * Reads where the metrics are to be served: `[HOST:]PORT`.
 *
 * @throws {CliError} If it is something else.
 */
export function metricsAddress(text: string): MetricsAddress {
  const [, host = "127.0.0.1", digits] =
    /^(?:(\[[^[\]]+\]|[^:[\]\s/]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) {
    throw new CliError(
      "--metrics takes a port, or an address and a port, such as 9464 or " +
        `0.0.0.0:9464, and not "${text}"`,
      STATUS.usage,
    );
  }
  const hostname = host.replace(/^\[(.*)\]$/, "$1");
  const url = `http://${host}:${port}/metrics`;
  return { options: { hostname, port }, url };
}
