/**
 * A configuration with every option that there is.
 *
 * @module
 */

import type { Config, WrittenDefaults } from "../cli/define_config.ts";

/** The options that `defaults` and a process have in common. */
const shared = {
  cwd: ".",
  env: { MODE: "test", PORT: 5432, DEBUG: true, HOME: null },
  envFiles: ["app.env", { path: "more.env", required: false }],
  clearEnv: true,
  uid: 1_000,
  gid: 1_000,
  stdin: "piped",
  stdout: "inherit",
  stderr: "null",
  windowsRawArguments: true,
  group: true,
  restart: {
    policy: "always",
    backoff: {
      exponential: {
        initialMs: 100,
        factor: 2,
        maxMs: 30_000,
        jitter: "equal",
      },
    },
    resetAfterMs: 60_000,
    limit: { restarts: 5, withinMs: 600_000 },
    successCodes: [2],
    stopCodes: [3],
    leftovers: { signal: "SIGTERM", gracePeriodMs: 500 },
  },
  stop: {
    signal: "SIGINT",
    gracePeriodMs: 5_000,
    to: "leader",
    command: ["sh", "-c", "kill -INT $PROCESSMAN_PID"],
  },
  before: ["sh", "-c", "exit 0"],
  onFailed: "https://example.com/hook",
  onUnhealthy: {
    url: "https://example.com/hook",
    headers: { authorization: "Bearer 123" },
    timeoutMs: 1_000,
  },
  after: { shell: "echo $PROCESSMAN_EXIT_CODE", timeoutMs: 5_000 },
  output: {
    bufferBytes: 1_024,
    maxLineLength: 2_048,
    file: {
      path: "logs/out.log",
      stderr: "logs/err.log",
      maxBytes: 1_000_000,
      maxFiles: 3,
      json: true,
    },
    journald: { identifier: "db" },
    syslog: {
      server: "tcp://logs.example.com:601",
      facility: "local0",
      tag: "db",
    },
  },
} as const satisfies WrittenDefaults;

/** The configuration; no file of it needs to exist but `app.env`. */
export const EXAMPLE: Config = {
  $schema: "https://jsr.io/schema.json",
  name: "example",
  include: ["other.yaml"],
  defaults: { ...shared, user: "nobody", uid: undefined, gid: undefined },
  processes: {
    backup: {
      command: ["pg_dump"],
      schedule: {
        cron: "0 3 * * *",
        timeZone: "Europe/Berlin",
        jitterMs: 60_000,
        catchUp: false,
      },
    },
    db: {
      ...shared,
      restart: { ...shared.restart, schedule: "0 4 * * SUN" },
      watch: {
        paths: ["src", "*.json"],
        ignore: ["dist"],
        debounceMs: 500,
        cascade: true,
      },
      output: undefined,
      type: "service",
      command: ["postgres", "-D", "data", "-p", 5432],
      critical: true,
      ready: {
        all: [
          { tcp: { hostname: "localhost", port: 5_432 } },
          { line: { pattern: "/ready/i", source: "stderr" } },
          { file: { path: "postmaster.pid", fresh: true } },
          {
            http: {
              url: "http://localhost:5433/",
              status: [200, 204],
              headers: { Host: "db" },
              caCerts: ["-----BEGIN CERTIFICATE-----"],
            },
          },
        ],
        intervalMs: 100,
        timeoutMs: 500,
        withinMs: 10_000,
        recheckMs: 1_000,
      },
      live: {
        exec: {
          command: ["pg_isready"],
          cwd: ".",
          env: { PGHOST: "localhost" },
          clearEnv: false,
          user: "postgres",
        },
        intervalMs: 5_000,
        timeoutMs: 2_000,
        failures: 5,
      },
    },
    migrate: {
      type: "task",
      shell: "deno task migrate && echo done",
      dependsOn: { db: { when: "ready", restart: "always", required: true } },
      restart: { backoff: { constant: 10 } },
      autoStart: true,
      export: { image: "shop/api:1" },
      profiles: ["setup"],
    },
    api: {
      deno: {
        script: "api.ts",
        allow: {
          net: ["localhost:8000"],
          read: ["static"],
          write: true,
          env: ["PORT"],
          run: ["git"],
          sys: ["hostname"],
          ffi: false,
          import: ["jsr.io"],
        },
        args: ["--verbose"],
      },
      tty: true,
      replicas: 3,
      roll: { order: "stop-first", minReadyMs: 500 },
      dependsOn: { db: "started" },
      restart: { backoff: { uniform: 10 } },
    },
  },
  logs: { folder: "logs", maxBytes: "100MB", maxAge: "7d" },
  startLimit: 4,
  restartBudget: { restarts: 20, withinMs: 60_000 },
  sharedPorts: [8_000],
  signals: ["SIGTERM"],
  exitDeadlineMs: 30_000,
  orphans: "kill",
};
