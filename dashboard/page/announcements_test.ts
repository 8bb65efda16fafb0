import { assertEquals } from "@std/assert";
import { announcementOf, titleOf } from "./announcements.ts";
import type { Trouble } from "./troubles.ts";

function trouble(name: string, what = "keeps crashing", reason = ""): Trouble {
  return { name, what, reason, more: "", tone: "bad", holds: [] };
}

Deno.test("announcementOf() tells what is new and what is over, once", () => {
  const a = trouble("a", "failed", "disk full");
  assertEquals(announcementOf([], [a]), "a failed: disk full");
  assertEquals(announcementOf([a], [{ ...a, more: "3 crashes" }]), "");
  assertEquals(announcementOf([a], []), "a no longer needs attention");
  assertEquals(
    announcementOf([], ["a", "b", "c"].map((name) => trouble(name))),
    "3 processes need attention",
  );
});

Deno.test("titleOf() says the worst first", () => {
  const live = { kind: "live" } as const;
  assertEquals(titleOf("shop", live, []), "shop");
  assertEquals(
    titleOf("shop", live, [trouble("a")]),
    "1 needs attention · shop",
  );
  assertEquals(
    titleOf("shop", live, [trouble("a", "failed"), trouble("b")]),
    "1 failed · shop",
  );
  const lost = { kind: "disconnected", since: 1 } as const;
  assertEquals(
    titleOf("shop", lost, [trouble("a")]),
    "disconnected · shop",
  );
});
