/**
 * Real web servers for tests: how each of them is configured and started.
 *
 * @module
 */

import { findProgram, freePort, type Server } from "./servers.ts";

/** An application that answers, and notes which requests reached it. */
export interface Application extends AsyncDisposable {
  readonly port: number;
  /** The requests that somebody has read and passed on. */
  readonly seen: ReadonlySet<string>;
}

/** Starts an application; a path `/slow/MS/…` is answered after a while. */
export function startApplication(): Application {
  const seen = new Set<string>();
  const over = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url }) => {
      const { pathname } = new URL(url);
      seen.add(pathname);
      const [, kind, delayMs] = pathname.split("/");
      if (kind === "slow") await pause(Number(delayMs), over.signal);
      return new Response(pathname);
    },
  );
  return {
    port: server.addr.port,
    seen,
    async [Symbol.asyncDispose]() {
      over.abort();
      await server.shutdown();
    },
  };
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}

/**
 * Configures an nginx with two workers in front of an application, or of several
 * that are the same. It asks the next one when one does not answer.
 */
export async function nginx(
  folder: string,
  ...applications: number[]
): Promise<Server> {
  const port = freePort();
  const user = Deno.uid() === 0 ? "user root root;" : "";
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`);
  const servers = applications
    .map((port) => `server 127.0.0.1:${port} max_fails=0;`);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `${user}
    daemon off;
    worker_processes 2;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events { worker_connections 256; }
    http {
      ${paths.join("\n")}
      log_format line '$uri $status';
      access_log ${folder}/access.log line;
      upstream application { ${servers.join(" ")} }
      server {
        listen 127.0.0.1:${port} backlog=64;
        location / {
          proxy_pass http://application;
          proxy_read_timeout 60;
        }
      }
    }`,
  );
  const program = findProgram("nginx") ?? "nginx";
  const args = ["-p", folder, "-e", `${folder}/error.log`, "-c"];
  return { program, args: [...args, `${folder}/nginx.conf`], port, folder };
}

/** Configures a haproxy, which is one process, before an application. */
export async function haproxy(
  folder: string,
  application: number,
): Promise<Server> {
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/haproxy.cfg`,
    `global
      maxconn 256
    defaults
      mode http
      timeout connect 5s
      timeout client 60s
      timeout server 60s
    listen web
      bind 127.0.0.1:${port}
      server application 127.0.0.1:${application}
`,
  );
  const program = findProgram("haproxy") ?? "haproxy";
  const args = ["-db", "-f", `${folder}/haproxy.cfg`];
  return { program, args, port, folder };
}

/** Configures an Apache of Debian, with its event module, as a proxy. */
export async function apache(
  folder: string,
  application: number,
): Promise<Server> {
  const port = freePort();
  const modules = ["mpm_event", "authz_core", "proxy", "proxy_http"]
    .map((name) =>
      `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
    );
  await Deno.writeTextFile(
    `${folder}/apache.conf`,
    `${modules.join("\n")}
    ServerName localhost
    ServerRoot ${folder}
    DefaultRuntimeDir ${folder}
    PidFile ${folder}/apache.pid
    ErrorLog ${folder}/error.log
    User nobody
    Group nogroup
    Listen 127.0.0.1:${port}
    ProxyPass / http://127.0.0.1:${application}/
`,
  );
  const program = findProgram("apache2") ?? "apache2";
  const args = ["-DFOREGROUND", "-f", `${folder}/apache.conf`];
  return { program, args, port, folder };
}

/** A gunicorn of four workers, which note in a file which requests they read. */
export async function gunicorn(folder: string): Promise<Server> {
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/application.py`,
    `import time

def application(environ, start_response):
    path = environ["PATH_INFO"]
    with open(${JSON.stringify(`${folder}/access.log`)}, "a") as log:
        log.write(path + "\\n")
    _, kind, delay_ms, *_ = path.split("/")
    time.sleep(int(delay_ms) / 1000 if kind == "slow" else 0.01)
    start_response("200 OK", [("Content-Length", str(len(path)))])
    return [path.encode()]
`,
  );
  const program = findProgram("gunicorn") ?? "gunicorn";
  const args = ["--chdir", folder, "--bind", `127.0.0.1:${port}`];
  return {
    program,
    args: [...args, "--workers", "4", "application"],
    port,
    folder,
  };
}

/**
 * A Node cluster of two workers. Its primary drains them at SIGTERM, and notes
 * in a file which requests were read.
 */
export async function nodeCluster(folder: string): Promise<Server> {
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/cluster.cjs`,
    `const cluster = require("node:cluster");
    const { appendFileSync } = require("node:fs");
    const { createServer } = require("node:http");
    if (cluster.isPrimary) {
      cluster.fork();
      cluster.fork();
      // It ends when its workers have ended, for which nothing keeps it alive.
      process.once("SIGTERM", () => cluster.disconnect());
    } else {
      createServer(({ url }, response) => {
        appendFileSync(${JSON.stringify(`${folder}/access.log`)}, url + "\\n");
        const [, kind, delayMs] = url.split("/");
        setTimeout(() => response.end(url), kind === "slow" ? delayMs : 10);
      }).listen(${port}, "127.0.0.1");
    }`,
  );
  const program = findProgram("node") ?? "node";
  return { program, args: [`${folder}/cluster.cjs`], port, folder };
}

/**
 * A master that ends at once at SIGTERM and leaves its worker to its own
 * resources: the worker drains when it gets SIGTERM itself, and notes each one.
 */
export async function hastyMaster(folder: string): Promise<Server> {
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/worker.cjs`,
    `const { appendFileSync } = require("node:fs");
    const note = (name, text) =>
      appendFileSync(${JSON.stringify(`${folder}/`)} + name, text + "\\n");
    const server = require("node:http").createServer(({ url }, response) => {
      note("access.log", url);
      const [, kind, delayMs] = url.split("/");
      setTimeout(() => response.end(url), kind === "slow" ? delayMs : 10);
    });
    server.listen(${port}, "127.0.0.1");
    process.on("SIGTERM", () => {
      note("asked.log", "SIGTERM");
      server.close(() => process.exit(0));
    });`,
  );
  const script = `trap 'exit 0' TERM; "$0" "$1" & wait`;
  const node = findProgram("node") ?? "node";
  const args = ["-c", script, node, `${folder}/worker.cjs`];
  return { program: "/bin/sh", args, port, folder };
}
