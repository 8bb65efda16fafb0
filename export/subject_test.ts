import { assertEquals } from "@std/assert";
import { plan } from "../plan/mod.ts";
import { subjectsOf } from "./subject.ts";
import { toSystemd } from "./systemd.ts";

const WHOLE = plan({
  db: { command: ["db"] },
  cache: { command: ["cache"] },
  admin: { command: ["admin"] },
  api: {
    command: ["api"],
    dependsOn: { db: "started", cache: { when: "started", required: false } },
  },
});

const OPTIONS = { name: "shop", root: "/", manual: ["db", "cache", "admin"] };

Deno.test("an entry starts with those that require it", () => {
  const subjects = subjectsOf(WHOLE, OPTIONS);
  const starting = subjects.filter(({ starts }) => starts);
  assertEquals(starting.map(({ name }) => name), ["db", "api"]);
});

Deno.test("a unit pulls in no optional dependency that waits to be started", () => {
  const { files } = toSystemd(WHOLE, OPTIONS);
  const api = files.find(({ name }) => name === "shop-api.service")?.text ?? "";
  const lines = api.split("\n").filter((line) =>
    /^(Req|Wants|After)/.test(line)
  );
  assertEquals(lines, [
    "Requires=shop-db.service",
    "After=network.target shop-db.service shop-cache.service",
  ]);
});
