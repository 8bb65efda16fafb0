import { assert, assertEquals, assertThrows } from "@std/assert";
import { stringify } from "yaml";
import { found } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import * as compose from "./init_compose_keys.ts";
import { type Gaps, type Keys, Part } from "./init_keys.ts";
import * as processCompose from "./init_process_compose_keys.ts";

const ignore = !permitted("read", "write");

/** Where the keys of a table stand in a file. */
interface Place {
  readonly file: string;
  readonly table: string;
  readonly keys: Keys;
  /** Returns a file that has some keys in this place. */
  readonly around: (keys: object) => object;
}

const B = { command: "true", environment: ["B=b"] };

const service = (keys: object) => ({
  services: { a: { command: "true", ...keys }, b: B },
});
const deploy = (keys: object) => service({ deploy: keys });
const process = (keys: object) => ({
  processes: { a: { command: "true", ...keys }, b: B },
});
const probe = (keys: object) =>
  process({ liveness_probe: { exec: { command: "true" }, ...keys } });
const ready = (keys: object) =>
  process({ readiness_probe: { exec: { command: "true" }, ...keys } });
const http = (keys: object) =>
  process({ readiness_probe: { http_get: { ...keys } } });
const log = (keys: object) =>
  process({ log_location: "a.log", log_configuration: keys });

const PLACES: readonly Place[] = [
  ...([
    ["FILE", (keys) => ({ ...service({}), ...keys })],
    ["SERVICE", service],
    ["BUILD", (keys) => service({ build: { context: ".", ...keys } })],
    ["HEALTH", (keys) => service({ healthcheck: { test: "true", ...keys } })],
    ["DEPLOY", deploy],
    ["RESTART_POLICY", (keys) => deploy({ restart_policy: keys })],
    ["UPDATE", (keys) => deploy({ update_config: keys })],
    ["DEPENDENCY", (keys) => service({ depends_on: { b: keys } })],
    ["ENV_FILE", (keys) => service({ env_file: [{ path: ".e", ...keys }] })],
    ["INCLUDE", (keys) => ({ ...service({}), include: [keys] })],
    ["DEVELOP", (keys) => service({ develop: keys })],
    [
      "WATCH",
      (keys) => service({ develop: { watch: [{ path: "a", ...keys }] } }),
    ],
    ["HOOK", (keys) => service({ pre_stop: [{ command: "a", ...keys }] })],
  ] satisfies [keyof typeof compose, Place["around"]][]).map((
    [table, around],
  ) => ({ file: "compose.yaml", table, keys: compose[table], around })),
  ...([
    ["PROJECT", (keys) => ({ ...process({}), ...keys })],
    ["PROCESS", process],
    [
      "SHELL",
      (keys) => ({ ...process({}), shell: { shell_command: "zsh", ...keys } }),
    ],
    ["AVAILABILITY", (keys) => process({ availability: keys })],
    [
      "SCHEDULE",
      (keys) => process({ schedule: { cron: "* * * * *", ...keys } }),
    ],
    [
      "WATCH",
      (keys) => process({ watch: { paths: [{ path: "a" }], ...keys } }),
    ],
    [
      "WATCH_PATH",
      (keys) => process({ watch: { paths: [{ path: "a", ...keys }] } }),
    ],
    ["SHUTDOWN", (keys) => process({ shutdown: keys })],
    ["PROBE", probe],
    ["PROBE", ready],
    ["EXEC", (keys) => process({ readiness_probe: { exec: keys } })],
    ["HTTP", http],
    ["LOG", log],
    ["ROTATION", (keys) => log({ rotation: keys })],
  ] satisfies [keyof typeof processCompose, Place["around"]][]).map((
    [table, around],
  ) => ({
    file: "process-compose.yaml",
    table,
    keys: processCompose[table],
    around,
  })),
];

/** Values of keys that have an effect; others are texts. */
const VALUES: Readonly<Record<string, unknown>> = {
  "FILE.include": ["other.yaml"],
  "FILE.services": { c: { command: "true" } },
  "SERVICE.build": ".",
  "SERVICE.depends_on": ["b"],
  "SERVICE.deploy": { replicas: 2 },
  "SERVICE.environment": { A: "b" },
  "SERVICE.extends": { service: "b" },
  "SERVICE.healthcheck": { test: "true" },
  "SERVICE.ports": ["8080:80"],
  "SERVICE.pre_stop": [{ command: "a" }],
  "SERVICE.restart": "always",
  "SERVICE.scale": 2,
  "SERVICE.stdin_open": true,
  "SERVICE.stop_grace_period": "5s",
  "SERVICE.stop_signal": "SIGINT",
  "BUILD.dockerfile_inline": "FROM a\nWORKDIR /x\nUSER b\n",
  "HEALTH.test": "false",
  "HEALTH.interval": "5s",
  "HEALTH.start_interval": "2s",
  "HEALTH.timeout": "5s",
  "HEALTH.start_period": "5s",
  "HEALTH.retries": 7,
  "DEPLOY.replicas": 2,
  "DEPLOY.restart_policy": { condition: "any" },
  "DEPLOY.update_config": { order: "start-first" },
  "RESTART_POLICY.condition": "on-failure",
  "RESTART_POLICY.delay": "5s",
  "RESTART_POLICY.max_attempts": 3,
  "RESTART_POLICY.window": "5s",
  "UPDATE.order": "start-first",
  "UPDATE.monitor": "5s",
  "DEPENDENCY.condition": "service_healthy",
  "DEPENDENCY.restart": true,
  "DEPENDENCY.required": false,
  "ENV_FILE.required": false,
  "PROJECT.environment": ["A=b"],
  "PROJECT.processes": { c: { command: "true" } },
  "PROJECT.shell": { shell_command: "zsh" },
  "PROCESS.availability": { restart: "always" },
  "PROCESS.depends_on": { b: { condition: "process_started" } },
  "PROCESS.entrypoint": ["b"],
  "PROCESS.environment": ["A=b"],
  "PROCESS.liveness_probe": { exec: { command: "true" } },
  "PROCESS.readiness_probe": { exec: { command: "true" } },
  "PROCESS.replicas": 2,
  "PROCESS.disabled": true,
  "PROCESS.is_disabled": "true",
  "PROCESS.is_foreground": true,
  "PROCESS.shutdown": { signal: 2 },
  "PROCESS.success_exit_codes": [3],
  "PROCESS.log_configuration": { rotation: { filename: "b" } },
  "PROCESS.extends": "b",
  "PROCESS.is_dotenv_disabled": true,
  "AVAILABILITY.restart": "always",
  "AVAILABILITY.exit_on_end": true,
  "DEVELOP.watch": [{ path: "a" }],
  "SERVICE.develop": { watch: [{ path: "a", action: "restart" }] },
  "SERVICE.tty": true,
  "PROCESS.is_tty": true,
  "PROCESS.is_interactive": true,
  "PROCESS.watch": { paths: [{ path: "a" }] },
  "WATCH.action": "sync",
  "WATCH.cascade": true,
  "WATCH.debounce": "1s",
  "WATCH.paths": [{ path: "b" }],
  "SCHEDULE.run_on_start": true,
  "PROCESS.schedule": { cron: "0 3 * * *" },
  "SERVICE.pre_start": [{ command: "a" }],
  "SHUTDOWN.signal": 2,
  "SHUTDOWN.timeout_seconds": 5,
  "SHUTDOWN.parent_only": true,
  "PROBE.exec": { command: "false" },
  "PROBE.http_get": { port: 80 },
  "PROBE.period_seconds": 5,
  "PROBE.timeout_seconds": 5,
  "PROBE.failure_threshold": 5,
  "PROBE.initial_delay_seconds": 5,
  "HTTP.headers": { A: "b" },
  "HTTP.status_code": 204,
  "HTTP.num_port": 80,
  "LOG.disable_json": false,
  "LOG.rotation": { max_backups: 3 },
  "ROTATION.max_size_mb": 3,
  "ROTATION.max_backups": 3,
};

/** Keys that have an effect only together with others. */
const TOGETHER: Readonly<Record<string, object>> = {
  "SERVICE.working_dir": { volumes: ["./sub:/x"], working_dir: "/x" },
  "SERVICE.entrypoint": { entrypoint: "a" },
  "BUILD.target": {
    dockerfile_inline: "FROM a AS x\nUSER b\nFROM c\n",
    target: "x",
  },
  "BUILD.dockerfile": { dockerfile: "Other" },
  "SCHEDULE.interval": { cron: null, interval: "30s" },
  "PROJECT.vars": {
    vars: { A: "b" },
    processes: { a: { command: "echo {{.A}}" } },
  },
  "PROJECT.disable_env_expansion": {
    disable_env_expansion: true,
    processes: { a: { command: "echo $$A" } },
  },
  "PROCESS.vars": { vars: { A: "b" }, command: "echo {{.A}}" },
  "PROCESS.is_template_disabled": {
    is_template_disabled: true,
    command: "echo {{.PC_REPLICA_NUM}}",
  },
  "AVAILABILITY.backoff_seconds": { restart: "always", backoff_seconds: 7 },
  "AVAILABILITY.max_restarts": { restart: "always", max_restarts: 7 },
  "ROTATION.directory": { directory: "d", filename: "f" },
};

for (const { file, table, keys, around } of PLACES) {
  Deno.test(`init: each key of ${file}, ${table}, is taken over or named`, {
    ignore,
  }, async () => {
    const read = async (keys: object) => {
      const { config, stubs, comments, gaps } = await found(
        file,
        stringify(around(keys)),
      );
      return JSON.stringify([config, stubs, comments, gaps]);
    };
    const without = await read({});
    for (const [key, fate] of Object.entries({ ...keys, unheard_of: null })) {
      const id = `${table}.${key}`;
      if (fate !== null && "moot" in fate) continue;
      const own = TOGETHER[id] ?? { [key]: VALUES[id] ?? "b" };
      const others = { ...own, [key]: undefined };
      const before = TOGETHER[id] === undefined ? without : await read(others);
      assert(await read(own) !== before, `${id} is dropped in silence`);
    }
  });
}

Deno.test("Part reads only keys that are in its table", () => {
  const part = new Part({ a: 1 }, { a: { to: "b" } }, []);
  assertEquals(part.number("a"), 1);
  assertThrows(() => part.take("c"), TypeError, 'Key "c" is not in the table');
});

Deno.test("Part names what is no value of its kind, and what nothing took", () => {
  const gaps: Gaps = [];
  const keys: Keys = {
    a: { to: "x" },
    b: { to: "x" },
    c: { to: "x" },
    d: { why: "so it is" },
    e: { moot: "No." },
    f: { to: "x" },
  };
  const values = {
    a: [1],
    b: "x",
    c: "maybe",
    d: 1,
    e: 1,
    f: 1,
    g: 1,
    h: null,
  };
  const part = new Part({ ...values, "x-y": 1 }, keys, gaps, "web", "up.");
  assertEquals(part.text("a"), undefined);
  assertEquals(part.number("b"), undefined);
  assertEquals(part.flag("c"), false);
  part.end();
  assertEquals(
    gaps.map(({ process, key, why }) => `${process} ${key}: ${why}`),
    [
      "web up.a: it is not a text, and left out",
      "web up.b: it is not a number, and left out",
      "web up.c: it is not true or false, and left out",
      "web up.d: so it is",
      "web up.f: it has no effect together with the other keys",
      "web up.g: `processman init` does not know this key",
    ],
  );
});
