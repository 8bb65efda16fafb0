/**
 * Files of well-known projects, reduced to what they say to their tools, go
 * through `init`. The texts are not theirs.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { InitFolder } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** A project with a file of a tool. */
interface Project {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** Other files, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  /** What each process runs. */
  readonly runs: Readonly<Record<string, string>>;
  /** What is not taken over. */
  readonly gaps: readonly string[];
}

const PM2: readonly Project[] = [
  {
    name: "louislam/uptime-kuma",
    file: "ecosystem.config.js",
    text: `module.exports = { apps: [{
      name: "uptime-kuma", script: "./server/server.js", cwd: __dirname,
      env: { UPTIME_KUMA_PORT: "3011", UPTIME_KUMA_FRAME: "1" },
    }] };`,
    runs: { "uptime-kuma": "node ./server/server.js" },
    gaps: [],
  },
  {
    name: "DIYgod/RSSHub",
    file: "process.json",
    text: JSON.stringify({
      apps: [{
        name: "rsshub",
        script: "index.js",
        instances: "max",
        exec_mode: "cluster",
        env: { NODE_ENV: "production" },
      }],
    }),
    runs: { rsshub: "node index.js" },
    gaps: ["rsshub: instances: max"],
  },
  {
    name: "directus/directus",
    file: "ecosystem.config.cjs",
    text: `module.exports = [{
      name: "directus", script: "cli.js", args: ["start"],
      instances: process.env.PM2_INSTANCES ?? "1",
      exec_mode: process.env.PM2_EXEC_MODE ?? "cluster",
      max_memory_restart: process.env.PM2_MAX_MEMORY_RESTART,
      kill_timeout: process.env.PM2_KILL_TIMEOUT,
      restart_delay: process.env.PM2_RESTART_DELAY ?? 0,
      wait_ready: true, autorestart: process.env.PM2_AUTO_RESTART ?? false,
    }];`,
    runs: { directus: "node cli.js start" },
    gaps: ["directus: wait_ready"],
  },
  {
    name: "ucfopen/Obojobo",
    file: "pm2.config.js",
    text: `module.exports = { apps: [{
      name: "obojobo", script: "./index.js", exec_mode: "cluster",
      instances: process.env.PM2_APP_INSTANCES || "max",
      max_memory_restart: process.env.PM2_APP_MAX_MEMORY || "200M",
      combine_logs: true,
    }] };`,
    runs: { obojobo: "node ./index.js" },
    gaps: ["obojobo: max_memory_restart", "obojobo: instances: max"],
  },
  {
    name: "Unitech/pm2",
    file: "ecosystem.config.js",
    text: `module.exports = {
      apps: [{ name: "API", script: "app.js", args: "one two", instances: 1,
        autorestart: true, watch: false, max_memory_restart: "1G",
        env: { NODE_ENV: "development" }, env_production: { NODE_ENV: "production" } }],
      deploy: { production: { user: "node", path: "/srv" } },
    };`,
    runs: { API: "node app.js one two" },
    gaps: ["API: max_memory_restart", "API: env_production", "deploy"],
  },
];

const TO_STDOUT = `stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0
`;

const SUPERVISORD: readonly Project[] = [
  {
    name: "paperless-ngx/paperless-ngx",
    file: "supervisord.conf",
    text: `[supervisord]
nodaemon=true               ; in the foreground
logfile_maxbytes=50MB       ; the size
user=root

[program:daphne]
command=daphne -b 0.0.0.0 -p 8000 paperless.asgi:application
user=paperless
${TO_STDOUT}
[program:consumer]
command=python3 manage.py document_consumer
user=paperless
${TO_STDOUT}`,
    runs: {
      daphne: "daphne -b 0.0.0.0 -p 8000 paperless.asgi:application",
      consumer: "python3 manage.py document_consumer",
    },
    gaps: [
      "daphne, consumer: stdout_logfile, stderr_logfile",
      "[supervisord] nodaemon",
      "[supervisord] logfile_maxbytes",
    ],
  },
  {
    name: "getredash/redash",
    file: "supervisord.conf",
    text: `[supervisord]
nodaemon=true
[unix_http_server]
file = /tmp/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:worker]
command=./manage.py rq worker %(ENV_QUEUES)s
process_name=%(program_name)s-%(process_num)s
numprocs=%(ENV_WORKERS_COUNT)s
directory=/tmp
stopsignal=TERM
autorestart=true
${TO_STDOUT}
[eventlistener:worker_healthcheck]
serverurl=AUTO
command=./manage.py rq healthcheck
events=TICK_60
`,
    runs: { worker: 'exec ./manage.py rq worker "${QUEUES}"' },
    gaps: [
      "worker: numprocs",
      "worker: stdout_logfile, stderr_logfile",
      "[unix_http_server], [rpcinterface:supervisor]",
      "[eventlistener:worker_healthcheck]",
      "[supervisord] nodaemon",
    ],
  },
  {
    name: "ansible/awx",
    file: "supervisor.conf",
    text: `[supervisord]
umask = 022
minfds = 4096
[program:dispatcher]
command = make dispatcher
autorestart = true
stopasgroup=true
killasgroup=true
stdout_events_enabled = true
stderr_events_enabled = true
[program:uwsgi]
command = make uwsgi
autorestart = true
autorestart = true
stopwaitsecs = 1
stopsignal=KILL
stopasgroup=true
[group:tower]
programs=dispatcher,uwsgi
priority=5
[program:reload]
command = make reload
[eventlistener:stdout]
command = supervisor_stdout
buffer_size = 100
events = PROCESS_LOG
result_handler = supervisor_stdout:event_handler
`,
    runs: {
      dispatcher: "make dispatcher",
      uwsgi: "make uwsgi",
      reload: "make reload",
    },
    gaps: [
      "dispatcher: stdout_events_enabled, stderr_events_enabled",
      "[eventlistener:stdout]",
      "[supervisord] umask, [supervisord] minfds",
    ],
  },
  {
    name: "frappe/bench",
    file: "supervisor.conf",
    text: `; priority=1 starts first and stops last
[program:bench-web]
command=/srv/env/bin/gunicorn -b 127.0.0.1:8000 -w 4 frappe.app:application --preload
priority=4
autorestart=true
stdout_logfile=/srv/logs/web.log
stderr_logfile=/srv/logs/web.error.log
directory=/tmp
[program:bench-worker]
command=bench worker --queue long
priority=4
stopwaitsecs=1560
killasgroup=true
numprocs=2
process_name=%(program_name)s-%(process_num)d
[program:bench-redis]
command=redis-server redis.conf
priority=1
[group:bench-workers]
programs=bench-worker
`,
    runs: {
      "bench-web":
        "/srv/env/bin/gunicorn -b 127.0.0.1:8000 -w 4 frappe.app:application --preload",
      "bench-worker": "bench worker --queue long",
      "bench-redis": "redis-server redis.conf",
    },
    gaps: [],
  },
];

const ENDS = "a process that ends";

const PROCFILE: readonly Project[] = [
  {
    name: "mastodon/mastodon, to develop",
    file: "Procfile.dev",
    text: `web: PORT=3000 bundle exec puma -C config/puma.rb
sidekiq: PORT=3000 bundle exec sidekiq
stream: PORT=4000 yarn run start
`,
    runs: {
      web: "PORT=3000 bundle exec puma -C config/puma.rb",
      sidekiq: "PORT=3000 bundle exec sidekiq",
      stream: "PORT=4000 yarn run start",
    },
    gaps: [ENDS],
  },
  {
    name: "mastodon/mastodon",
    file: "Procfile",
    text: `web: bundle exec foreman start -f Procfile.heroku
worker: bundle exec sidekiq
release: bundle exec rails db:migrate
`,
    runs: {
      web: "bundle exec foreman start -f Procfile.heroku",
      worker: "bundle exec sidekiq",
      release: "bundle exec rails db:migrate",
    },
    gaps: [ENDS],
  },
  {
    name: "chatwoot/chatwoot",
    file: "Procfile.dev",
    text: `backend: bin/rails s -p 3000 \n# a comment\n
worker: dotenv bundle exec sidekiq -C config/sidekiq.yml
vite: bin/vite dev
`,
    files: { ".env": "RAILS_ENV=development\n" },
    runs: {
      backend: "bin/rails s -p 3000",
      worker: "dotenv bundle exec sidekiq -C config/sidekiq.yml",
      vite: "bin/vite dev",
    },
    gaps: [ENDS],
  },
  {
    name: "discourse/discourse",
    file: "Procfile",
    text: `web: bundle exec rails server -p $PORT
worker: bundle exec sidekiq -e $RAILS_ENV -c $SIDEKIQ_WORKERS
`,
    runs: {
      web: "bundle exec rails server -p $PORT",
      worker: "bundle exec sidekiq -e $RAILS_ENV -c $SIDEKIQ_WORKERS",
    },
    gaps: [ENDS],
  },
];

function npm(
  scripts: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ ...more, scripts });
}

const NPM: readonly Project[] = [
  {
    name: "outline/outline",
    file: "package.json",
    text: npm({
      build: "yarn clean && yarn vite:build",
      start: "node ./build/server/index.js",
      dev:
        'NODE_ENV=development yarn concurrently -n api,collaboration -c "blue,magenta" "node --inspect build/server/index.js --services=web,worker"',
      "dev:watch":
        'NODE_ENV=development yarn concurrently -n backend,frontend "yarn dev:backend" "yarn vite:dev"',
      "dev:backend": 'nodemon --exec "yarn build && yarn dev" -e js,ts',
      "vite:dev": "vite",
    }, { packageManager: "yarn@4.11.0" }),
    runs: { api: "node --inspect build/server/index.js --services=web,worker" },
    gaps: [
      "concurrently --prefix-colors",
      "build, start, dev:watch, dev:backend, vite:dev in package.json",
    ],
  },
  {
    name: "calcom/cal.com",
    file: "package.json",
    text: npm({
      dev: "next dev",
      "db-up": "docker-compose up -d",
      dx: "env-cmd run-s db-setup dev",
      start: "next start",
    }),
    files: { "yarn.lock": "" },
    runs: { dev: "yarn run dev" },
    gaps: ["db-up, dx, start in package.json"],
  },
  {
    name: "Chocobozzz/PeerTube",
    file: "package.json",
    text: npm({
      dev: "sh ./scripts/dev/index.sh",
      "dev:server": "sh ./scripts/dev/server.sh",
      start: "node dist/server",
      "create-transcoding-job": "node ./dist/scripts/create-transcoding-job.js",
    }),
    runs: { dev: "npm run dev" },
    gaps: ["dev:server, start, create-transcoding-job in package.json"],
  },
  {
    name: "excalidraw/excalidraw",
    file: "package.json",
    text: npm({ build: "npm run build:app", start: "react-scripts start" }),
    runs: { start: "npm run start" },
    gaps: ["build in package.json"],
  },
];

const DENO: readonly Project[] = [
  {
    name: "denoland/fresh",
    file: "deno.json",
    text: JSON.stringify({
      workspace: ["./init", "./www"],
      tasks: { test: "deno test -A", www: "deno task --cwd=www start" },
    }),
    files: {
      "init/deno.json": "{}",
      "www/deno.json": `{ // the site
        "tasks": { "start": "deno run -A --watch=static/,routes/ dev.ts", "build": "x" },
      }`,
    },
    runs: { www: "deno task start" },
    gaps: ["test, www in deno.json"],
  },
  {
    name: "denoland/saaskit",
    file: "deno.json",
    text: JSON.stringify({
      tasks: {
        "db:seed": "deno run --allow-read tools/seed.ts",
        start: "deno run -A --watch=static/,routes/ dev.ts",
        ok: "deno fmt --check && deno lint",
      },
    }),
    runs: { start: "deno task start" },
    gaps: ["db:seed, ok in deno.json"],
  },
  {
    name: "denoland/docs",
    file: "deno.json",
    text: JSON.stringify({
      tasks: {
        serve: "deno run -A lume.ts -s",
        "serve:no_logs": "LUME_LOGS=WARN deno run -A lume.ts -s",
        dev: "deno task serve:no_logs",
        build: { description: "all", command: "deno task build:prod" },
      },
    }),
    runs: { dev: "deno task dev" },
    gaps: ["serve, serve:no_logs, build in deno.json"],
  },
  {
    name: "jsr-io/jsr",
    file: "deno.json",
    text: JSON.stringify({
      tasks: {
        services:
          "docker compose up & ./tools/gcs -port 4080 & ./tools/server.ts",
        "dev:api": "cd api && cargo run",
        "dev:frontend":
          "cd frontend && OTLP=http://localhost:4318 deno task dev",
        "lint:license": "deno run tools/license.ts",
      },
    }),
    runs: {
      "dev-api": "deno task dev:api",
      "dev-frontend": "deno task dev:frontend",
    },
    gaps: ["services, lint:license in deno.json"],
  },
];

for (const project of [PM2, SUPERVISORD, PROCFILE, NPM, DENO].flat()) {
  const { name, file, text, files = {}, runs, gaps } = project;
  Deno.test(`init reads what ${name} has`, { ignore }, async () => {
    await using folder = new InitFolder({ [file]: text, ...files });
    const { status, stderr } = await folder.init([file]);
    assertEquals(status, 0, stderr);
    const told = stderr.split("\n").filter((line) =>
      /^ {2}\S/.test(line) && !line.startsWith("  processman.yaml:")
    );
    assertEquals(
      told.map((line, i) => {
        const start = `  ${gaps[i]}`;
        return line.startsWith(start) ? line.slice(0, start.length) : line;
      }),
      gaps.map((gap) => `  ${gap}`),
    );
    const { processes } = await folder.load([], { env: { PATH: "/bin" } });
    assertEquals(
      Object.fromEntries(
        Object.entries(processes).map(([name, { command }]) => [
          name,
          [command].flat().join(" ").replace(/^sh -c /, ""),
        ]),
      ),
      runs,
    );
  });
}

/** A program that stands for others: it says how it is called, and runs on. */
const STAND_IN = `#!/bin/sh
echo "$(basename "$0") $* $PORT"
exec sleep 600
`;

Deno.test(
  "What init has made of them runs, with stand-ins",
  { ignore },
  async () => {
    await using tool = new Tool();
    const projects = [PM2[2], SUPERVISORD[2], PROCFILE[3]];
    for (const [i, project] of projects.entries()) {
      if (project === undefined) continue;
      for (const program of ["node", "make", "bundle"]) {
        const path = await tool.write(`${i}/bin/${program}`, STAND_IN);
        await Deno.chmod(path, 0o755);
      }
      for (
        const [name, text] of Object.entries({
          [project.file]: project.text,
          ...project.files,
        })
      ) {
        await tool.write(`${i}/${name}`, text);
      }
    }
    const outputs = await Promise.all(projects.map((_, i) =>
      tool.run(
        'PATH="$PWD/bin:$PATH"; processman init >init.txt 2>&1 && ' +
          "processman up -d && processman logs && processman down",
        { cwd: String(i), env: { RAILS_ENV: "test", SIDEKIQ_WORKERS: "5" } },
      )
    ));
    const logs = outputs.map(({ stdout, stderr, status }) => {
      assertEquals(status, 0, stderr);
      return stdout;
    });
    for (
      const [i, line] of [
        [0, "node cli.js start"],
        [1, "make dispatcher"],
        [1, "make reload"],
        [2, "bundle exec rails server -p 5000 5000"],
        [2, "bundle exec sidekiq -e test -c 5 5100"],
      ] as const
    ) {
      assertStringIncludes(logs[i] ?? "", line);
    }
  },
);
