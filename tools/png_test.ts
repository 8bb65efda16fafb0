import { assertEquals, assertLess } from "@std/assert";
import { decodePng, encodePng } from "./png.ts";

/** A PNG of 3 × 5 points, each row of which has another filter. */
const FILTERED = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAMAAAAFCAIAAAAPE8H1AAAALklEQVR4nGNgYGCIEjyxRWkCo7wvK5AFRExAFgQx283istVPt9V/zgISEASJAQAkfgrtFPeYIgAAAABJRU5ErkJggg==",
);

Deno.test("decodePng() reads rows with all filters", async () => {
  const { width, height, points } = await decodePng(FILTERED);
  assertEquals([width, height], [3, 5]);
  const expected: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      expected.push((x * 90 + y * 31) % 256);
      expected.push((x * 17 + y * 77) % 256);
      expected.push((x * 200 + y * 5) % 256);
    }
  }
  assertEquals([...points], expected);
});

Deno.test("encodePng() keeps colors that fit into the palette", async () => {
  const [width, height] = [60, 20];
  const points = new Uint8Array(width * height * 3)
    .map((_, i) => 50 * (Math.floor(i / 3) % 5));
  const bytes = await encodePng({ width, height, points });
  assertLess(bytes.length, 200);
  assertEquals(await decodePng(bytes), { width, height, points });
});

Deno.test("encodePng() takes the nearest color of a palette that is too small", async () => {
  const points = new Uint8Array([
    0,
    0,
    0,
    0,
    0,
    0,
    250,
    250,
    250,
    255,
    255,
    255,
  ]);
  const bytes = await encodePng({ width: 4, height: 1, points }, 2);
  const { points: kept } = await decodePng(bytes);
  assertEquals([...kept], [0, 0, 0, 0, 0, 0, 250, 250, 250, 250, 250, 250]);
});
