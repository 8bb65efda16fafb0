import { assertEquals } from "@std/assert";
import { crashText } from "./crashes.ts";

Deno.test("crashText() has the last lines of stderr", () => {
  const event = {
    id: 1,
    kind: "exit",
    time: 0,
    name: "api",
    text: "api crashed with code 1 after 3 ms",
    details: { crashed: true, stderr: ["no port", "bye"] },
  };
  assertEquals(
    crashText(event),
    "  api crashed with code 1 after 3 ms\n    api | no port\n    api | bye\n",
  );
  assertEquals(crashText({ ...event, details: { crashed: false } }), undefined);
  assertEquals(crashText({ ...event, kind: "start" }), undefined);
});
