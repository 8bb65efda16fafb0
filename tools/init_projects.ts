/**
 * Files of other tools in the shape of those of well-known projects: the same
 * keys, conditions and forms of values, reduced to these facts.
 *
 * @module
 */

/** A file of a project. */
export interface InitProject {
  /** The project, and its file. */
  readonly like: string;
  /** The name of the file. */
  readonly file: string;
  /** Its text. */
  readonly text: string;
  /** Other files beside it. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The processes of the configuration. */
  readonly processes: readonly string[];
  /** The processes that are comments. */
  readonly comments?: readonly string[];
  /** What is not taken over, as `PROCESS KEY`, or `KEY`. */
  readonly gaps: readonly string[];
}

/** Files of Docker Compose. */
export const COMPOSE: readonly InitProject[] = [
  {
    like: "mastodon/mastodon: docker-compose.yml",
    file: "docker-compose.yml",
    text: `services:
  db:
    restart: always
    image: postgres:14
    shm_size: 256mb
    networks: [inner]
    healthcheck: { test: ["CMD", "pg_isready", "-U", "postgres"] }
    volumes: ["./pg:/var/lib/postgresql/data"]
    environment: ["POSTGRES_HOST_AUTH_METHOD=trust"]
  redis:
    restart: always
    image: redis:7
    networks: [inner]
    healthcheck: { test: ["CMD", "redis-cli", "ping"] }
    volumes: ["./redis:/data"]
  web:
    image: example/social:4
    restart: always
    env_file: .env.production
    command: bundle exec puma -C config/puma.rb
    networks: [outer, inner]
    healthcheck:
      test: ["CMD-SHELL", "curl -s --noproxy localhost localhost:3000/health | grep -q OK || exit 1"]
    ports: ["127.0.0.1:3000:3000"]
    depends_on: [db, redis]
    volumes: ["./public:/srv/public"]
  worker:
    image: example/social:4
    restart: always
    env_file: .env.production
    command: bundle exec sidekiq
    depends_on: [db, redis]
    networks: [outer, inner]
    healthcheck: { test: ["CMD-SHELL", "ps aux | grep '[s]idekiq' || false"] }
networks:
  outer:
  inner: { internal: true }
`,
    processes: ["web", "worker"],
    comments: ["db", "redis"],
    gaps: [
      "networks",
      "db image",
      "db networks",
      "db shm_size",
      "db volumes",
      "redis image",
      "redis networks",
      "redis volumes",
      "web env_file.path",
      "web networks",
      "web volumes",
      "worker env_file.path",
      "worker networks",
    ],
  },
  {
    like: "chatwoot/chatwoot: docker-compose.yaml",
    file: "docker-compose.yaml",
    text: `version: '3'
services:
  base: &base
    build:
      context: .
      dockerfile: ./docker/Dockerfile
      args: { RAILS_ENV: development }
    tty: true
    stdin_open: true
    image: chat:development
    env_file: .env
  rails:
    <<: *base
    build: { context: ., dockerfile: ./docker/rails.Dockerfile }
    image: chat-rails:development
    volumes:
      - ./:/app:delegated
      - bundle:/usr/local/bundle
    depends_on: [postgres, redis, vite]
    ports: [3000:3000]
    environment: ["VITE_DEV_SERVER_HOST=vite", "RAILS_ENV=development"]
    entrypoint: docker/rails.sh
    command: ["bundle", "exec", "rails", "s", "-p", "3000"]
  vite:
    <<: *base
    build: { context: ., dockerfile: ./docker/vite.Dockerfile }
    volumes: ["./:/app:delegated"]
    ports: ["3036:3036"]
    command: bin/vite dev
  postgres:
    image: pgvector/pgvector:pg16
    restart: always
    ports: ['5432:5432']
    volumes: ["postgres:/data/postgres"]
    environment: [POSTGRES_DB=chat, POSTGRES_PASSWORD=]
  redis:
    image: redis:alpine
    command: ["sh", "-c", "redis-server --requirepass \\"$REDIS_PASSWORD\\""]
    env_file: .env
    volumes: ["redis:/data/redis"]
volumes: { postgres: , redis: , bundle: }
`,
    beside: {
      ".env": "REDIS_PASSWORD=secret\n",
      "docker/Dockerfile": "FROM ruby\nWORKDIR /app\n",
      "docker/rails.Dockerfile": "FROM chat:development\nWORKDIR /app\n",
    },
    processes: ["rails", "vite", "redis"],
    comments: ["base", "postgres"],
    gaps: [
      "volumes",
      "base build",
      "base build.args",
      "postgres image",
      "postgres volumes",
      "rails build",
      "rails environment",
      "rails volumes",
      "redis volumes",
      "vite build",
      "vite volumes",
    ],
  },
  {
    like: "apache/airflow: docker-compose.yaml",
    file: "docker-compose.yaml",
    text: `x-common: &common
  image: \${FLOW_IMAGE:-example/flow:3}
  environment: &env
    FLOW_DB: postgresql+psycopg2://flow:flow@postgres/flow
    FLOW_BROKER_URL: redis://:@redis:6379/0
    FLOW_API: 'http://apiserver:8080/execution/'
    FLOW_MORE: \${FLOW_MORE:-}
  volumes: ["\${FLOW_DIR:-.}/dags:/opt/flow/dags"]
  user: "\${FLOW_UID:-50000}:0"
  depends_on: &depends
    redis: { condition: service_healthy }
    postgres: { condition: service_healthy }
services:
  postgres:
    image: postgres:16
    environment: { POSTGRES_USER: flow }
    healthcheck: { test: ["CMD", "pg_isready", "-U", "flow"], interval: 10s, retries: 5, start_period: 5s }
    restart: always
  redis:
    image: redis:7.2
    expose: [6379]
    healthcheck: { test: ["CMD", "redis-cli", "ping"], interval: 10s, timeout: 30s, retries: 50 }
  apiserver:
    <<: *common
    command: flow api-server
    ports: ["8080:8080"]
    healthcheck: { test: ["CMD", "curl", "--fail", "http://localhost:8080/version"], interval: 30s, timeout: 10s }
    restart: always
    depends_on:
      <<: *depends
      init: { condition: service_completed_successfully }
  worker:
    <<: *common
    command: flow celery worker
    healthcheck: { test: ["CMD-SHELL", 'flow check --hostname "$\${HOSTNAME}"'] }
    environment: { <<: *env, DUMB_INIT_SETSID: "0" }
    restart: always
    depends_on:
      <<: *depends
      apiserver: { condition: service_healthy }
      init: { condition: service_completed_successfully }
  init:
    <<: *common
    entrypoint: /bin/bash
    command:
      - -c
      - |
        if [[ -z "\${FLOW_UID}" ]]; then export FLOW_UID=$$(id -u); fi
        exec flow migrate
    environment: { <<: *env, FLOW_MIGRATE: 'true' }
    user: "0:0"
  cli:
    <<: *common
    profiles: [debug]
    command: [bash, -c, flow]
volumes: { db: }
`,
    processes: ["apiserver", "worker", "init", "cli"],
    comments: ["postgres", "redis"],
    gaps: [
      "volumes",
      "apiserver environment",
      "apiserver user",
      "apiserver volumes",
      "cli environment",
      "cli user",
      "cli volumes",
      "init environment",
      "init user",
      "init volumes",
      "postgres image",
      "redis image",
      "worker environment",
      "worker user",
      "worker volumes",
    ],
  },
  {
    like: "saleor/saleor-platform: docker-compose.yml",
    file: "docker-compose.yml",
    text: `version: '2'
services:
  api:
    ports: ["9100:8000"]
    build: { context: ./saleor, dockerfile: ./Dockerfile, args: { STATIC_URL: '/static/' } }
    restart: unless-stopped
    networks: [backend]
    depends_on: [db, jaeger]
    volumes: ["./saleor/saleor/:/app/saleor:Z", "media:/app/media"]
    command: python manage.py runserver 0.0.0.0:8000
    env_file: common.env
    environment: [JAEGER_AGENT_HOST=jaeger]
  dashboard:
    build: { context: ./dashboard, dockerfile: ./Dockerfile.dev }
    ports: ["9102:9000"]
    restart: unless-stopped
    volumes: ["./dashboard/:/app:cached", /app/node_modules/]
    command: npm start -- --host 0.0.0.0
  db:
    image: library/postgres:11
    ports: ["9103:5432"]
  worker:
    build: { context: ./saleor }
    restart: "on-failure:3"
    environment: [EMAIL_URL=smtp://mailhog:1025]
  jaeger: { image: jaegertracing/all-in-one, ports: ["5775:5775/udp"] }
  mailhog: { image: mailhog/mailhog, ports: ["1025:1025"] }
networks: { backend: { driver: bridge } }
`,
    beside: {
      "common.env": "CACHE_URL=redis://redis:6379/0\n",
      "saleor/Dockerfile": `FROM python AS base
ENV PORT 8000
FROM base
WORKDIR /app
ENTRYPOINT ["tini", "--"]
CMD ["celery", "-A", "saleor", \\
  "worker"]
`,
    },
    processes: ["api", "dashboard", "worker"],
    comments: ["db", "jaeger", "mailhog"],
    gaps: [
      "networks",
      "api build",
      "api build.args",
      "api environment",
      "api networks",
      "api ports",
      "api volumes",
      "dashboard build",
      "dashboard ports",
      "dashboard volumes",
      "db image",
      "db ports",
      "jaeger image",
      "mailhog image",
      "worker build",
      "worker environment",
    ],
  },
];

/** Files of process-compose. */
export const PROCESS_COMPOSE: readonly InitProject[] = [
  {
    like: "F1bonacc1/process-compose: process-compose.yaml",
    file: "process-compose.yaml",
    text: `version: "0.5"
log_level: info
log_length: 3000
log_configuration: { rotation: { max_size_mb: 1 }, add_timestamp: true }
environment: ['ABC=222']
log_location: ./pc.log
shell: { shell_command: "bash", shell_argument: "-c" }
processes:
  first:
    command: "./loop.bash \${PROC4}"
    availability: { restart: "on_failure", backoff_seconds: 2 }
    depends_on:
      _second: { condition: process_completed_successfully }
      third: { condition: process_completed }
    environment: ['EXIT_CODE=0']
    shutdown: { command: "sleep 2 && pkill -f first", signal: 15, timeout_seconds: 4 }
  _second:
    command: "./loop.bash second"
    log_location: ./second.log
    readiness_probe:
      http_get: { host: "example.com", scheme: "https" }
      initial_delay_seconds: 5
      period_seconds: 5
      success_threshold: 1
  third:
    command: "./loop.bash third"
    availability: { restart: "always", backoff_seconds: 2 }
    depends_on: { nginx: { condition: process_healthy } }
  server:
    command: "python3 -m http.server 404{{.PC_REPLICA_NUM}}"
    is_tty: true
    replicas: 2
    readiness_probe:
      http_get: { host: "127.0.0.1", port: "404{{.PC_REPLICA_NUM}}", scheme: "http" }
  kcalc: { command: "kcalc", disabled: true }
  __log:
    command: "tail -f -n100 log-\${USER}.log"
    working_dir: "/tmp"
    namespace: debug
  plain: { command: "batcat -f x.yaml", disable_ansi_colors: true }
`,
    processes: ["first", "second", "third", "server", "kcalc", "log", "plain"],
    gaps: [
      "log_configuration",
      "log_length",
      "log_level",
      "log_location",
      "first depends_on.third",
      "log __log",
      "log namespace",
      "plain disable_ansi_colors",
      "second _second",
      "second readiness_probe",
      "third dependsOn",
      "third availability.restart",
    ],
  },
  {
    like: "EspressoSystems/espresso-sequencer: process-compose.yaml",
    file: "process-compose.yaml",
    text: `version: "3"
environment:
  - L1_PROVIDER=http://localhost:$L1_PORT
  - GENESIS_FILE=data/demo.toml
processes:
  l1:
    command: docker compose up l1 --force-recreate
    readiness_probe:
      exec: { command: "[ $(docker inspect -f '{{.State.Health.Status}}' l1-1) = 'healthy' ]" }
      initial_delay_seconds: 5
      period_seconds: 6
      timeout_seconds: 5
      success_threshold: 1
      failure_threshold: 20
  deploy:
    command: unset ADDRESS && deploy --only fee-contract
    depends_on: { l1: { condition: process_healthy } }
  orchestrator:
    command: orchestrator
    readiness_probe:
      http_get: { scheme: http, host: localhost, port: $ORCHESTRATOR_PORT, path: /healthcheck }
      failure_threshold: 100
  keydb:
    command: docker run --rm -p 0.0.0.0:6379:6379 eqalpha/keydb --requirepass changeme!
    readiness_probe: { exec: { command: nc -zv localhost 6379 }, period_seconds: 5 }
  broker_0:
    command: RUST_LOG=debug broker
      -d "redis://:changeme!@localhost:6379"
      -m 127.0.0.1:9091
    depends_on: { keydb: { condition: process_healthy } }
    readiness_probe: { http_get: { host: 127.0.0.1, port: 9091, path: /metrics } }
  builder:
    command: builder
    ports: ["$BUILDER_PORT:$BUILDER_PORT"]
    environment: [API=http://localhost:$API_PORT, GENESIS_FILE]
    depends_on:
      deploy: { condition: process_completed }
      broker_0: { condition: process_healthy }
`,
    beside: { ".env": "ORCHESTRATOR_PORT=40001\nL1_PORT=8545\n" },
    processes: [
      "l1",
      "deploy",
      "orchestrator",
      "keydb",
      "broker_0",
      "builder",
    ],
    gaps: [
      "builder depends_on.deploy",
      "builder ports",
      "l1 vars",
    ],
  },
  {
    like: "OpenRailAssociation/osrd: process-compose.yaml",
    file: "process-compose.yaml",
    text: `version: "0.5"
is_strict: true
environment:
  - "RAIL_PATH=\${RAIL_PATH}" # in .env
  - "OTEL_METRICS_EXPORTER=none"
processes:
  core:
    working_dir: "\${RAIL_PATH}/core/"
    command: "gradle run --args='worker'"
    environment: ["ALL_INFRA=true", "VALKEY_URL=redis://localhost"]
  editoast:
    working_dir: "\${RAIL_PATH}/editoast/"
    command: |
      diesel migration run --locked-schema
      cargo run -- user add --skip-if-exists 'Example User' 'mock/mocked'
      cargo run -- runserver
    environment:
      - "MQ_URL=amqp://rail:password@localhost:5672/%2f"
      - "NO_CACHE=\${NO_CACHE:-false}"
  front:
    working_dir: "\${RAIL_PATH}/front/"
    command: |
      npm install
      npm start
  dyne: { command: "cargo run -- \${RAIL_PATH}/dyne.yaml" }
`,
    beside: { ".env": "RAIL_PATH=.\n" },
    processes: ["core", "editoast", "front", "dyne"],
    gaps: [],
  },
  {
    like: "MAIF/izanami: process-compose.yaml",
    file: "process-compose.yaml",
    text: `version: "0.5"
processes:
  Containers:
    command: "mise run dev:containers"
    readiness_probe:
      http_get: { host: localhost, scheme: http, path: "/", port: 5001 }
      initial_delay_seconds: 2
      period_seconds: 1
      timeout_seconds: 5
      failure_threshold: 20
    shutdown: { command: "mise run clean" }
  Backend:
    command: "mise run dev:back"
    is_tty: true
    depends_on: { Containers: { condition: process_healthy } }
    readiness_probe:
      http_get: { host: 127.0.0.1, scheme: http, path: "/api/_health", port: 9000 }
      period_seconds: 1
  Frontend:
    command: "mise run dev:front"
    depends_on: { Backend: { condition: process_healthy } }
`,
    processes: ["Containers", "Backend", "Frontend"],
    gaps: [],
  },
];
