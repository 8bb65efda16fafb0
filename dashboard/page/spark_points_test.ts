import { assertEquals } from "@std/assert";
import { SPARK_MS, sparkPoints } from "./spark_points.ts";

const SIZE = { width: 100, height: 20, least: 1 };
const sample = (time: number, cpu: number) => ({ time, cpu, memory: 0 });

Deno.test("sparkPoints() ends at the right edge, and leaves out what is old", () => {
  const end = 1_000_000;
  const samples = [
    sample(end - SPARK_MS - 1, 9),
    sample(end - SPARK_MS / 2, 0),
    sample(end, 2),
  ];
  assertEquals(sparkPoints(samples, "cpu", SIZE), "50,19 100,1");
});

Deno.test("sparkPoints() keeps noise flat, and needs two values", () => {
  const samples = [sample(0, 0.1), sample(SPARK_MS, 0.1)];
  assertEquals(sparkPoints(samples, "cpu", SIZE), "0,17.2 100,17.2");
  assertEquals(sparkPoints([sample(0, 1)], "cpu", SIZE), "");
  assertEquals(sparkPoints([], "cpu", SIZE), "");
});

Deno.test("sparkPoints() leaves out what lies within a flat part", () => {
  const values = [0, 0, 0, 1, 1, 1, 0];
  const samples = values.map((cpu, i) => sample(i * SPARK_MS / 10, cpu));
  assertEquals(
    sparkPoints(samples, "cpu", SIZE),
    "40,19 60,19 70,1 90,1 100,19",
  );
});

Deno.test("sparkPoints() is the same for a flat line later on", () => {
  const flat = (from: number) =>
    Array.from({ length: 61 }, (_, i) => sample(from + i * 2_000 + i % 3, 0));
  const text = sparkPoints(flat(0), "cpu", SIZE);
  assertEquals(text, "0,19 100,19");
  assertEquals(sparkPoints(flat(2_007), "cpu", SIZE), text);
});
