import { assertEquals, assertThrows } from "@std/assert";
import { CliError } from "./call.ts";
import { metricsAddress } from "./metrics_option.ts";

Deno.test("metricsAddress() reads a port, or an address and a port", () => {
  const cases = [
    ["9464", "127.0.0.1", 9464, "http://127.0.0.1:9464/metrics"],
    ["0.0.0.0:80", "0.0.0.0", 80, "http://0.0.0.0:80/metrics"],
    ["devbox:9464", "devbox", 9464, "http://devbox:9464/metrics"],
    ["[::1]:9464", "::1", 9464, "http://[::1]:9464/metrics"],
  ] as const;
  for (const [text, hostname, port, url] of cases) {
    assertEquals(metricsAddress(text), { options: { hostname, port }, url });
  }
});

Deno.test("metricsAddress() refuses what is no port, and no address", () => {
  for (
    const text of ["", "0", "65536", "x", ":9464", "::1:9464", "a:b:1", "a/b:1"]
  ) {
    const error = assertThrows(() => metricsAddress(text), CliError);
    assertEquals(error.status, 2);
    assertEquals(
      error.message,
      "--metrics takes a port, or an address and a port, such as 9464 or " +
        `0.0.0.0:9464, and not "${text}"`,
    );
  }
});
