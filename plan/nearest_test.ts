import { assertEquals } from "@std/assert";
import { nearest } from "./nearest.ts";

Deno.test("nearest() returns the name that differs least", () => {
  const names = ["db", "database", "migrate", "api"];
  const cases = {
    dv: "db",
    DB: "db",
    databse: "database",
    migration: "migrate",
    apis: "api",
    x: undefined,
    frontend: undefined,
  };
  for (const [name, expected] of Object.entries(cases)) {
    assertEquals(nearest(name, names), expected, name);
  }
});

Deno.test("nearest() returns nothing where there are no names", () => {
  assertEquals(nearest("db", []), undefined);
});
