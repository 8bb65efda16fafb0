/**
 * What other tools call the options of a configuration.
 *
 * @module
 */

/** What other tools call some options. */
export const SYNONYMS: Readonly<Record<string, string>> = {
  args: "command",
  autorestart: "restart",
  autostart: "autoStart",
  availability: "restart",
  cmd: "command",
  command_line: "shell",
  depends_on: "dependsOn",
  directory: "cwd",
  dir: "cwd",
  disabled: "autoStart",
  enabled: "autoStart",
  entrypoint: "command",
  env_file: "envFiles",
  env_files: "envFiles",
  environment: "env",
  exec: "command",
  healthcheck: "ready",
  instances: "replicas",
  interpreter: "command",
  kill_timeout: "stop",
  liveness_probe: "live",
  log_location: "output",
  numprocs: "replicas",
  readiness_probe: "ready",
  run: "shell",
  scale: "replicas",
  script: "command",
  services: "processes",
  shutdown: "stop",
  stop_grace_period: "stop",
  stop_signal: "stop",
  stopsignal: "stop",
  user_id: "uid",
  working_dir: "cwd",
  workdir: "cwd",
};

/** Where users of Docker Compose read more. */
export const COMPOSE =
  "The keys of a compose file have other names here: see https://github.com/" +
  "isbm/processman/blob/HEAD/docs/from_compose.md";

const NO_IMAGES = "programs run without images: `command` says what to run";
const NO_CONTAINERS =
  "programs use the files and the network of the machine: leave it out";

/** Options of other tools that have no counterpart, and why. */
export const WITHOUT: Readonly<Record<string, string>> = {
  build: NO_IMAGES,
  container_name: "a process is named by its key: leave it out",
  deploy: "`replicas`, `restart` and `roll` are options of a process",
  expose: NO_CONTAINERS,
  hostname: NO_CONTAINERS,
  image: NO_IMAGES,
  links: NO_CONTAINERS,
  logging: "`logs`, beside `processes`, says how much is kept",
  logs: "`logs` belongs beside `processes`",
  networks: NO_CONTAINERS,
  ports: NO_CONTAINERS,
  secrets: NO_CONTAINERS,
  tty: "programs get no terminal: leave it out",
  version: "there are no versions of the format: leave it out",
  volumes: NO_CONTAINERS,
};
