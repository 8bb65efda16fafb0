import { assertEquals } from "@std/assert";
import { didYouMean, nearest } from "./nearest.ts";

Deno.test("nearest finds what was probably meant", () => {
  const names = ["start", "stop", "status", "restart", "ps", "logs"];
  const found: Record<string, string | undefined> = {
    strat: "start",
    sto: "stop",
    stat: "status",
    statsu: "status",
    lgos: "logs",
    log: "logs",
    sp: "ps",
    resart: "restart",
    down: undefined,
    x: undefined,
    "": undefined,
  };
  for (const [text, name] of Object.entries(found)) {
    assertEquals(nearest(text, names), name, text);
  }
});

Deno.test("didYouMean says nothing where nothing is near", () => {
  assertEquals(didYouMean("lgos", ["logs"]), '; did you mean "logs"?');
  assertEquals(didYouMean("down", ["logs"]), "");
});
