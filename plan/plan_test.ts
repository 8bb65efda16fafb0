import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { constant, type Probe } from "../mod.ts";
import { plan, type PlanEntry, type ServiceEntry } from "./mod.ts";
import { scaled } from "./plan.ts";

/** Entries or options that the types refuse. */
// deno-lint-ignore no-explicit-any
type Wrong = any;

/** A probe with the form of those of the ring `probe/`. */
function asking(form: unknown): Probe {
  return Object.assign(() => true, { toJSON: () => form });
}

const tcp = (port: number, hostname = "127.0.0.1") =>
  asking({ tcp: { hostname, port } });
const http = (url: string) => asking({ http: { url } });

const ready = () => true;
const command = ["true"];
const task = { type: "task", command };

/** Makes an `each` whose replicas differ in the result of a function. */
function each(options: (replica: number) => unknown) {
  return ({ replica }: { replica: number }) => options(replica);
}

const SERVICE =
  "type, command, dependsOn, replicas, each, roll, cwd, env, clearEnv, user, uid, gid, tty, stdin, stdout, stderr, windowsRawArguments, group, restart, stop, output, critical, prepare, before, after, ready, live";
const TASK =
  "type, command, dependsOn, cwd, env, clearEnv, user, uid, gid, tty, stdin, stdout, stderr, windowsRawArguments, group, restart, stop, output, prepare, before, after";
const CONDITIONS = 'one of "started", "ready", "completed"';

/** The message for each fault, and entries that have this fault only. */
const FAULTS: Record<string, Wrong> = {
  // Names and kinds of entries.
  'Option "entries" must be an object: current value is null': null,
  'Option "entries" must be an object: current value is an array': [],
  'Option "entries" must be a plain object: current value is an object':
    new Map(),
  'Option "a.b" must be a name of letters, digits, "_" and "-" that does not begin with "_" or "-": current value is "a.b"':
    { "a.b": { command } },
  'Option "a b" must be a name of letters, digits, "_" and "-" that does not begin with "_" or "-": current value is "a b"':
    { "a b": { command } },
  'Option "" must be a name of letters, digits, "_" and "-" that does not begin with "_" or "-": current value is ""':
    { "": { command } },
  'Option "a" must be an object: current value is "true"': { a: "true" },
  'Option "a.type" must be one of "service", "task": current value is "job"': {
    a: { type: "job", command },
  },
  [`Option "a.comand" does not exist: the options are ${SERVICE}`]: {
    a: { command, comand: ["true"] },
  },
  [`Option "a.gate" does not exist: the options are ${SERVICE}`]: {
    a: { command, gate: () => {} },
  },

  // Commands.
  'Option "a.command" must be an array: current value is undefined': { a: {} },
  'Option "a.command" must be an array: current value is "true"': {
    a: { command: "true" },
  },
  'Option "a.command[0]" must be the name or the path of a program: current value is undefined':
    { a: { command: [] } },
  'Option "a.command[0]" must be the name or the path of a program: current value is ""':
    { a: { command: [""] } },
  'Option "a.command[1]" must be a string: current value is 80': {
    a: { command: ["nginx", 80] },
  },
  'Option "a.command[1]" must be a string without NUL: current value is "\\u0000"':
    { a: { command: ["true", "\0"] } },

  // Options of a command.
  'Option "a.env" must be an object of strings: current value is null': {
    a: { command, env: null },
  },
  'Option "a.stop.gracePeriodMs" must be a finite number >= 0: current value is -1':
    { a: { command, stop: { gracePeriodMs: -1 } } },
  'Option "a.stop.grace" does not exist: the options are signal, gracePeriodMs, to, command':
    { a: { command, stop: { grace: 5 } } },
  'Option "a.ready.probe" must be a function: current value is undefined': {
    a: { command, ready: {} },
  },
  'Option "a.user" cannot be combined with "uid" or "gid"': {
    a: { command, user: "root", uid: 0 },
  },
  'Option "a.restart.limit" can never be reached: 3 restarts take at least 300 ms of backoff, and withinMs is 100':
    {
      a: {
        command,
        restart: {
          backoff: constant(100),
          limit: { restarts: 3, withinMs: 100 },
        },
      },
    },

  // Replicas.
  'Option "a.replicas" must be a number: current value is "3"': {
    a: { command, replicas: "3" },
  },
  'Option "a.replicas" must be a whole number from 1 to 1000: current value is 0':
    { a: { command, replicas: 0 } },
  'Option "a.each" must be a function: current value is an object': {
    a: { command, each: {} },
  },
  'Option "a.each(2)" has thrown an error: no second port': {
    a: {
      command,
      replicas: 3,
      each: each((replica) => {
        if (replica > 1) throw new Error("no second port");
        return {};
      }),
    },
  },
  'Option "a.each(1)" must be an object: current value is undefined': {
    a: { command, replicas: 3, each: () => undefined },
  },
  'Option "a.each(1)" must be a plain object: current value is a promise': {
    a: { command, each: () => Promise.resolve({}) },
  },
  [
    `Option "a.each(1).command" does not exist: the options are args, ${
      SERVICE.slice(SERVICE.indexOf("cwd"))
    }`
  ]: { a: { command, each: () => ({ command }) } },
  'Option "a.each(2).env.PORT" must be a string: current value is 8002': {
    a: {
      command,
      replicas: 2,
      each: each((replica) => {
        return { env: { PORT: replica === 1 ? "8001" : 8_002 } };
      }),
    },
  },
  'Option "a.each(1).args[0]" must be a string: current value is 1': {
    a: { command, each: () => ({ args: [1] }) },
  },
  'Option "a.1.user" cannot be combined with "uid" or "gid"': {
    a: { command, user: "root", replicas: 2, each: () => ({ uid: 0 }) },
  },
  'Option "a.roll.order" must be one of "start-first", "stop-first": current value is "fast"':
    { a: { command, roll: { order: "fast" } } },
  'Option "a.roll.minReadyMs" must be a number: current value is null': {
    a: { command, roll: { minReadyMs: null } },
  },
  'Option "a.roll.minReadyMs" must be a finite number >= 0: current value is -1':
    { a: { command, roll: { minReadyMs: -1 } } },
  'Option "a.roll.batch" does not exist: the options are order, minReadyMs': {
    a: { command, roll: { batch: 2 } },
  },

  // Tasks.
  [`Option "t.ready" does not exist: the options are ${TASK}`]: {
    t: { ...task, ready },
  },
  [`Option "t.live" does not exist: the options are ${TASK}`]: {
    t: { ...task, live: ready },
  },
  [`Option "t.critical" does not exist: the options are ${TASK}`]: {
    t: { ...task, critical: true },
  },
  [`Option "t.replicas" does not exist: the options are ${TASK}`]: {
    t: { ...task, replicas: 1 },
  },
  [`Option "t.each" does not exist: the options are ${TASK}`]: {
    t: { ...task, each: () => ({}) },
  },
  [`Option "t.roll" does not exist: the options are ${TASK}`]: {
    t: { ...task, roll: {} },
  },
  'Option "t.restart.policy" must be "on-failure" or "never", as it is a task: current value is "always"':
    { t: { ...task, restart: { policy: "always" } } },

  // Dependencies.
  'Option "a.dependsOn" must be an object: current value is an array': {
    a: { command, dependsOn: ["b"] },
  },
  [`Option "a.dependsOn.b" must be ${CONDITIONS}: current value is "healthy"`]:
    { a: { command, dependsOn: { b: "healthy" } }, b: { command } },
  [`Option "a.dependsOn.b" must be ${CONDITIONS}: current value is true`]: {
    a: { command, dependsOn: { b: true } },
    b: { command },
  },
  [`Option "a.dependsOn.b.when" must be ${CONDITIONS}: current value is undefined`]:
    { a: { command, dependsOn: { b: {} } }, b: { command } },
  'Option "a.dependsOn.b.restart" must be one of "explicit", "always": current value is true':
    {
      a: { command, dependsOn: { b: { when: "started", restart: true } } },
      b: { command },
    },
  'Option "a.dependsOn.b.required" must be true or false: current value is "no"':
    {
      a: { command, dependsOn: { b: { when: "started", required: "no" } } },
      b: { command },
    },
  'Option "a.dependsOn.b.restarts" does not exist: the options are when, restart, required':
    {
      a: { command, dependsOn: { b: { when: "started", restarts: "always" } } },
      b: { command },
    },
  'Option "api.dependsOn.dv" does not name an entry, and the nearest one is "db": the other entries are db, migrate':
    {
      db: { command },
      migrate: task,
      api: { command, dependsOn: { dv: "started" } },
    },
  'Option "api.dependsOn.queue" does not name an entry: the other entries are db':
    { db: { command }, api: { command, dependsOn: { queue: "started" } } },
  'Option "api.dependsOn.db" does not name an entry: there are no other entries':
    { api: { command, dependsOn: { db: "started" } } },
  'Option "api.dependsOn.db" must be "started", as "db" has no option "ready": current value is "ready"':
    { db: { command }, api: { command, dependsOn: { db: "ready" } } },
  'Option "web.dependsOn.api" must be "started", as "api.2" has no option "ready": current value is "ready"':
    {
      api: {
        command,
        replicas: 2,
        each: each((replica) => replica === 1 ? { ready } : {}),
      },
      web: { command, dependsOn: { api: { when: "ready", required: false } } },
    },
  'Option "api.dependsOn.db" must be "started" or "ready", as "db" is not a task: current value is "completed"':
    { db: { command }, api: { command, dependsOn: { db: "completed" } } },
  'Option "api.dependsOn.migrate" must be "started" or "completed", as "migrate" is a task: current value is "ready"':
    { migrate: task, api: { command, dependsOn: { migrate: "ready" } } },
  "Entries cannot depend on each other in a circle: b → c → a → b": {
    b: { command, dependsOn: { c: "started" } },
    c: { command, dependsOn: { d: "started", a: "started" } },
    d: { command },
    a: { command, dependsOn: { b: { when: "started", required: false } } },
  },
  "Entries cannot depend on each other in a circle: a → a": {
    a: { command, dependsOn: { a: "started" } },
  },

  // What two processes cannot share.
  'Option "a.2.ready" must have a port of its own, or "sharedPorts" must contain it: port 8000 is also in "a.1.ready"':
    { a: { command, replicas: 3, ready: http("http://localhost:8000/") } },
  'Option "a.2.env.PORT" must have a port of its own, or "sharedPorts" must contain it: port 8000 is also in "a.1.env.PORT"':
    { a: { command, replicas: 2, env: { PORT: "8000" } } },
  'Option "b.live" must have a port of its own, or "sharedPorts" must contain it: port 443 is also in "a.ready"':
    {
      a: { command, ready: { probe: http("https://127.0.0.1/") } },
      b: { command, live: asking({ all: [tcp(443, "::1")] }) },
    },
  'Option "b.ready" must have a port of its own, or "sharedPorts" must contain it: port 8002 is also in "a.2.env.PORT"':
    {
      a: {
        command,
        replicas: 2,
        each: each((replica) => ({ env: { PORT: `${8_000 + replica}` } })),
      },
      b: { command, ready: asking({ all: [{ tcp: { port: 8_002 } }] }) },
    },
  'Option "a.2.ready" must have a port of its own, or "sharedPorts" must contain it: port 80 is also in "a.ready"':
    { a: { command, ready: tcp(80), roll: { order: "start-first" } } },
  'Option "a.each(2)" has thrown an error: no second port,': {
    a: {
      command,
      replicas: 1,
      each: each((replica) => {
        if (replica > 1) throw new Error("no second port,");
        return {};
      }),
      roll: { order: "start-first" },
    },
  },
  'Option "b.stdin" must be "piped" or "null", as "a" inherits stdin: current value is "inherit"':
    {
      a: { command, stdin: "inherit" },
      b: { command, stdin: "inherit" },
    },
  'Option "a.2.stdin" must be "piped" or "null", as "a.1" inherits stdin: current value is "inherit"':
    { a: { command, replicas: 2, stdin: "inherit" } },
  'Option "b.output.file" must have the same options as "a.output.file", or another path: current path is "a.log"':
    {
      a: { command, output: { file: { path: "a.log" } } },
      b: { command, output: { file: { path: "a.log", json: true } } },
    },
};

/** The message for each fault, and options that have this fault only. */
const OPTION_FAULTS: Record<string, Wrong> = {
  'Option "options" must be an object: current value is null': null,
  'Option "startlimit" does not exist: the options are startLimit, restartBudget, sharedPorts':
    { startlimit: 3 },
  'Option "startLimit" must be a whole number >= 1: current value is 0': {
    startLimit: 0,
  },
  'Option "restartBudget" must be an object: current value is 5': {
    restartBudget: 5,
  },
  'Option "restartBudget.restarts" must be a whole number >= 1: current value is 0':
    { restartBudget: { restarts: 0, withinMs: 1 } },
  'Option "restartBudget.withinMs" must be a number: current value is undefined':
    { restartBudget: { restarts: 1 } },
  'Option "sharedPorts" must be an array: current value is 80': {
    sharedPorts: 80,
  },
  'Option "sharedPorts[0]" must be a whole number from 1 to 65535: current value is 0':
    { sharedPorts: [0] },
};

Deno.test("plan() refuses what cannot work, with its path", () => {
  for (const [message, entries] of Object.entries(FAULTS)) {
    const error = assertThrows(() => plan(entries), Error);
    assertEquals(error.message, message);
    assertEquals(
      error.constructor,
      /whole number|finite|never be/.test(message) ? RangeError : TypeError,
      message,
    );
  }
});

Deno.test("plan() refuses options that cannot work", () => {
  for (const [message, options] of Object.entries(OPTION_FAULTS)) {
    const error = assertThrows(() => plan({}, options), Error);
    assertEquals(error.message, message);
  }
});

Deno.test("plan() reports all faults at once", () => {
  const entries: Wrong = {
    db: { command, replicas: 0, stop: { gracePeriodMs: -1 } },
    api: { command, dependsOn: { dv: "started", web: "started" } },
    web: { command, dependsOn: { api: "started" } },
  };
  const options: Wrong = { startLimit: -1 };
  const error = assertThrows(() => plan(entries, options), AggregateError);
  assertEquals(
    error.message,
    `Cannot make the plan, for 5 reasons:
- Option "startLimit" must be a whole number >= 1: current value is -1
- Option "db.replicas" must be a whole number from 1 to 1000: current value is 0
- Option "db.stop.gracePeriodMs" must be a finite number >= 0: current value is -1
- Option "api.dependsOn.dv" does not name an entry, and the nearest one is "db": the other entries are db, web
- Entries cannot depend on each other in a circle: api → web → api`,
  );
  assertEquals(error.errors.map(({ name }) => name), [
    "RangeError",
    "RangeError",
    "RangeError",
    "TypeError",
    "TypeError",
  ]);
});

Deno.test("plan() keeps the error that each() has thrown", () => {
  const thrown = new Error("no port");
  const fail = () => {
    throw thrown;
  };
  const error = assertThrows(() => plan({ a: { command: ["a"], each: fail } }));
  assertStrictEquals((error as Error).cause, thrown);
});

Deno.test("plan() resolves each replica", () => {
  const shop = plan({
    api: {
      command: ["api", "--serve"],
      env: { LEVEL: "info", PORT: "0" },
      stop: { signal: "SIGINT", gracePeriodMs: 5 },
      replicas: 2,
      each: ({ name, replica }) => ({
        args: [name],
        env: { PORT: `${8_000 + replica}` },
        stop: { gracePeriodMs: replica },
      }),
      ready: { probe: ready, recheckMs: 5 },
    },
  });
  const unit = (replica: number) => ({
    name: `api.${replica}`,
    entry: "api" as const,
    replica,
    program: "api",
    args: [`api.${replica}`],
    options: {
      env: { LEVEL: "info", PORT: `${8_000 + replica}` },
      stop: { gracePeriodMs: replica },
      ready: { probe: ready, recheckMs: 5 },
    },
    ports: [{
      hostname: "localhost",
      port: 8_000 + replica,
      option: "env.PORT",
    }],
  });
  assertEquals(shop.entries.get("api"), {
    name: "api",
    type: "service",
    dependencies: [],
    units: [unit(1), unit(2)],
    spare: unit(3),
    roll: { order: "start-first", minReadyMs: 0 },
  });
});

Deno.test("plan() names a process like its entry if it has no replicas", () => {
  const { entries } = plan({
    db: { command: ["db"] },
    api: { command: ["api"], replicas: 1 },
  });
  const names = [...entries.values()].flatMap(({ units }) =>
    units.map(({ name }) => name)
  );
  assertEquals(names, ["db", "api.1"]);
});

Deno.test("plan() fills in the defaults of dependencies", () => {
  const { entries } = plan({
    web: {
      command: ["web"],
      dependsOn: {
        cache: { when: "started", required: false },
        api: { when: "ready", restart: "always" },
        setup: "completed",
      },
    },
    setup: { type: "task", command: ["setup"] },
    api: { command: ["api"], ready },
  });
  assertEquals([...entries.keys()], ["api", "setup", "web"]);
  assertEquals(entries.get("web")?.dependencies, [
    { on: "api", when: "ready", restart: "always", required: true },
    { on: "setup", when: "completed", restart: "never", required: true },
  ]);
});

Deno.test("plan() accepts what processes can share", () => {
  const file = { path: "all.log", maxFiles: 2 };
  plan({
    api: { command: ["api"], replicas: 3, ready: tcp(80), output: { file } },
    web: {
      command: ["web"],
      env: { PORT: "80" },
      ready: http("http://127.0.0.1:80/"),
      output: { file: { ...file } },
    },
  }, { sharedPorts: [80] });
});

Deno.test("plan() compares only ports that processes of this machine use", () => {
  plan({
    migrate: { type: "task", command: ["migrate"], env: { PORT: "80" } },
    api: { command: ["api"], ready: tcp(80, "127.0.0.2") },
    web: { command: ["web"], ready: http("http://localhost/"), live: tcp(80) },
    far: { command: ["far"], ready: http("http://example.com/") },
    farther: { command: ["far"], ready: tcp(80, "example.com") },
    free: { command: ["free"], env: { PORT: "0" } },
    freer: { command: ["free"], env: { PORT: "0" }, live: asking({ all: 5 }) },
    named: { command: ["named"], env: { PORT: "http" }, live: asking(null) },
    odd: { command: ["odd"], live: asking({ http: { url: "?" }, tcp: null }) },
  });
});

Deno.test("plan() gives an entry a spare only where one can run", () => {
  const port = (start: number): ServiceEntry => ({
    command: ["x"],
    replicas: 2,
    each: ({ replica }) => ({ env: { PORT: `${start + replica}` } }),
  });
  const { entries } = plan<Record<string, PlanEntry>>({
    api: port(8_000),
    web: { ...port(8_003), roll: { minReadyMs: 5 } },
    log: { command: ["log"], env: { PORT: "8003" } },
    job: { command: ["job"], roll: { order: "start-first" } },
    kept: { ...port(9_000), roll: { order: "stop-first" } },
    two: {
      command: ["two"],
      replicas: 2,
      each: ({ replica }) => {
        if (replica === 3) throw new RangeError("there are only two");
        return {};
      },
    },
  });
  const spares = Array.from(
    entries.values(),
    ({ name, spare, roll }) => [name, spare?.name, roll.order, roll.minReadyMs],
  );
  assertEquals(spares, [
    ["api", undefined, "stop-first", 0],
    ["web", "web.3", "start-first", 5],
    ["log", undefined, "stop-first", 0],
    ["job", "job.2", "start-first", 0],
    ["kept", undefined, "stop-first", 0],
    ["two", undefined, "stop-first", 0],
  ]);
});

Deno.test("plan() keeps nothing that its caller can change", () => {
  const env = { LEVEL: "info" };
  const args = ["a"];
  const entries = {
    api: { command: ["api"] as [string], env, each: () => ({ args }) },
  };
  const shop = plan(entries);
  env.LEVEL = "debug";
  args.push("b");
  entries.api.command.push("c");
  const unit = shop.entries.get("api")?.units[0];
  assertEquals(unit?.args, ["a"]);
  assertEquals(unit?.options.env, { LEVEL: "info" });
  assertThrows(() => Object.assign(unit?.options ?? {}, { env }), TypeError);
  assertEquals(Object.isFrozen(entries.api), false);
  assertEquals(Object.isFrozen(env), false);
});

Deno.test("plan() reads each option once", () => {
  let reads = 0;
  const entries = {
    get api() {
      reads++;
      return { command: ["api"] as const, replicas: reads };
    },
  };
  assertEquals(plan(entries).entries.get("api")?.units.length, 1);
  assertEquals(reads, 1);
});

Deno.test("scaled() changes the number of replicas alone", () => {
  let calls = 0;
  const shop = plan({
    db: { command: ["db"] },
    api: {
      command: ["api"],
      replicas: 2,
      each: ({ replica }) => ({ env: { CALL: `${++calls}`, N: `${replica}` } }),
    },
  }, { startLimit: 2 });
  const more = scaled(scaled(shop, "api", 1), "api", 4);
  const before = shop.entries.get("api");
  const after = more.entries.get("api");
  assertEquals(after?.units.slice(0, 2), before?.units);
  assertEquals(after?.units[2], before?.spare);
  assertEquals(after?.units.length, 4);
  assertEquals(calls, 5);
  assertEquals(more.options.startLimit, 2);
});

Deno.test("scaled() refuses what has no replicas, or no room for more", () => {
  const shop = plan<Record<string, PlanEntry>>({
    db: { command: ["db"], env: { PORT: "8003" }, replicas: undefined },
    api: {
      command: ["api"],
      replicas: 2,
      each: ({ replica }) => ({ env: { PORT: `${8_000 + replica}` } }),
    },
  });
  const refusals: [string, number, string][] = [
    ["api2", 2, 'Cannot scale "api2": the entries are db, api'],
    ["db", 2, 'Cannot scale "db": it does not have the option "replicas"'],
    ["toString", 2, 'Cannot scale "toString": the entries are db, api'],
    [
      "api",
      0,
      'Option "api.replicas" must be a whole number from 1 to 1000: current value is 0',
    ],
    [
      "api",
      3,
      'Option "api.3.env.PORT" must have a port of its own, or "sharedPorts" must contain it: port 8003 is also in "db.env.PORT"',
    ],
  ];
  for (const [name, replicas, message] of refusals) {
    const error = assertThrows(() => scaled(shop, name, replicas), Error);
    assertEquals(error.message, message);
  }
});
