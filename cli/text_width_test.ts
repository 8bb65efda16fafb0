import { assertEquals } from "@std/assert";
import { fit, widthOf } from "./text_width.ts";

Deno.test("widthOf() counts the columns of wide and of combining characters", () => {
  assertEquals(widthOf("api · 2"), 7);
  assertEquals(widthOf("日本"), 4);
  assertEquals(widthOf("e\u0301"), 1);
  assertEquals(widthOf("🚀"), 2);
});

Deno.test("fit() cuts a text at each width, and never exceeds it", () => {
  assertEquals(fit("日本語", 6), "日本語");
  assertEquals(fit("日本語", 5), "日本…");
  assertEquals(fit("日本語", 4), "日…");
  assertEquals(fit("日本語", 1), "…");
  assertEquals(fit("日本語", 0), "");
});
