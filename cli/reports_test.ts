import { assertEquals } from "@std/assert";
import { firstLine, readReport } from "./reports.ts";

Deno.test("readReport() takes reports alone", () => {
  const reports = [
    { kind: "serving", socket: "/s" },
    { kind: "taken" },
    { kind: "refused", message: "no" },
  ] as const;
  for (const each of reports) {
    assertEquals(readReport(JSON.stringify(each)), each);
  }
  for (const line of ["", "{", "null", "1", '{"kind":"serving"}', '{"a":1}']) {
    assertEquals(readReport(line), undefined);
  }
});

Deno.test("firstLine() puts a line together, and cancels the rest", async () => {
  let canceled = false;
  const bytes = new TextEncoder().encode("größe\nmore");
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
    },
    cancel: () => void (canceled = true),
  });
  assertEquals(await firstLine(stream), "größe");
  assertEquals(canceled, true);
  const short = new Blob(["no end"]).stream();
  assertEquals(await firstLine(short), "no end");
});
