import { assertEquals } from "@std/assert";
import { type Logger, Processman } from "../mod.ts";
import { plan, up } from "../plan/mod.ts";
import {
  type Attendant,
  type AttendantKind,
  Attendants,
} from "./attendants.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { ScheduleBook } from "./schedule_book.ts";

/** A configuration with one process that has some keys. */
function config(keys: Readonly<Record<string, unknown>>): ResolvedConfig {
  return {
    name: "shop",
    files: ["/shop/processman.yaml"],
    source: { files: [], profiles: [] },
    cwd: "/shop",
    options: {},
    logs: { folder: null, maxBytes: 1, maxAgeMs: 1 },
    processes: { web: { command: ["true"], ...keys } },
  };
}

/** What attendants were asked to do, and attendants that write it down. */
function recorded() {
  const calls: string[] = [];
  const kind = (key: string): AttendantKind => ({
    needs: (entry) => key in entry,
    load: () => {
      calls.push(`load ${key}`);
      return Promise.resolve(({ signal }): Attendant => ({
        configure: ({ processes: { web } }) => {
          if (web?.[key] === "wrong") throw new TypeError(`${key} is wrong`);
          calls.push(`${key}: ${web?.[key]}`);
        },
        [Symbol.asyncDispose]: () => {
          calls.push(`end ${key}, ${signal.aborted}`);
          return Promise.resolve();
        },
      }));
    },
  });
  const errors: string[] = [];
  const ignore = () => {};
  const error = (message: string) => errors.push(message);
  const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error };
  return { calls, errors, kinds: [kind("one"), kind("two")], logger };
}

async function attending(logger: Logger) {
  const pm = new Processman({ logger: null, signals: [] });
  const app = await up(pm, plan({ web: { command: ["true"] } }), { names: [] });
  const schedules = new ScheduleBook();
  return { pm, app, logger, env: () => undefined, note: () => {}, schedules };
}

Deno.test("An attendant is loaded when a process needs it, and gets all that follows", async () => {
  const { calls, kinds, logger } = recorded();
  const given = await attending(logger);
  await using _ = given.pm;
  const attendants = new Attendants(given, kinds);
  await attendants.configure(config({}));
  assertEquals(calls, []);
  attendants.configure(config({ one: 1 }));
  await attendants.configure(config({ one: 2, two: 1 }));
  await attendants.configure(config({ two: 2 }));
  await attendants[Symbol.asyncDispose]();
  assertEquals(calls, [
    "load one",
    "one: 1",
    "one: 2",
    "load two",
    "two: 1",
    "one: undefined",
    "two: 2",
    "end one, true",
    "end two, true",
  ]);
});

Deno.test("Attendants hear of the end before the processes are stopped, and get nothing more", async () => {
  const { calls, kinds, logger } = recorded();
  const given = await attending(logger);
  const attendants = new Attendants(given, kinds);
  await attendants.configure(config({ one: 1 }));
  await given.pm.shutdown();
  await attendants.configure(config({ one: 2, two: 2 }));
  await attendants[Symbol.asyncDispose]();
  assertEquals(calls, ["load one", "one: 1", "end one, true"]);
});

Deno.test("An attendant that fails is told about, and harms no other", async () => {
  const { calls, errors, kinds, logger } = recorded();
  const given = await attending(logger);
  await using _ = given.pm;
  await using attendants = new Attendants(given, kinds);
  await attendants.configure(config({ one: "wrong", two: 1 }));
  assertEquals(errors, [
    "Cannot do everything that the configuration says: one is wrong",
  ]);
  assertEquals(calls, ["load one", "load two", "two: 1"]);
});
