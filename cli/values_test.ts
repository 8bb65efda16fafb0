import { assertEquals } from "@std/assert";
import { countOf, durationOf, integerOf, timeOf } from "./values.ts";

Deno.test("countOf and integerOf read whole numbers", () => {
  const texts = [
    "0",
    "007",
    "-1",
    "+2",
    "-0",
    "1.5",
    "1e3",
    "",
    "9".repeat(17),
  ];
  assertEquals(
    texts.map(integerOf),
    [0, 7, -1, 2, 0, ...Array(4).fill(undefined)],
  );
  assertEquals(
    texts.map(countOf),
    [0, 7, ...Array(7).fill(undefined)],
  );
});

Deno.test("durationOf reads numbers with units", () => {
  const durations: Record<string, number | undefined> = {
    "500ms": 500,
    "10s": 10_000,
    "1.5s": 1_500,
    "5m": 300_000,
    "2h": 7_200_000,
    "7d": 604_800_000,
    "1w": 604_800_000,
    "1h30m": 5_400_000,
    "30": 30_000,
    "0": 0,
    "": undefined,
    "m": undefined,
    "-5s": undefined,
    "5 s": undefined,
    "5min": undefined,
    "1..5s": undefined,
    "99999999999999999h": undefined,
  };
  for (const [text, ms] of Object.entries(durations)) {
    assertEquals(durationOf(text), ms, text);
  }
});

Deno.test("timeOf reads dates, and durations before now", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const local = (text: string) => new Date(text).getTime();
  const times: Record<string, number | undefined> = {
    "now": now,
    "10m": now - 600_000,
    "2026-02-28": local("2026-02-28T00:00"),
    "2026-02-28T08:30": local("2026-02-28T08:30"),
    "2026-02-28 08:30:15": local("2026-02-28T08:30:15"),
    "2026-02-28T08:30:15.250Z": Date.parse("2026-02-28T08:30:15.250Z"),
    "2026-02-28T08:30+02:00": Date.parse("2026-02-28T06:30:00Z"),
    "2026-02-30x": undefined,
    "2026-13-01": undefined,
    "yesterday": undefined,
    "12:00": undefined,
  };
  for (const [text, time] of Object.entries(times)) {
    assertEquals(timeOf(text, now), time, text);
  }
});
