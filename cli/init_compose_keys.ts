/**
 * What becomes of each key of Docker Compose.
 *
 * @module
 */

import { alike, type Keys } from "./init_keys.ts";

const MACHINE = {
  files: "programs use the files of this machine",
  network: "programs use the network of this machine",
  isolation: "programs run without isolation",
  limits:
    "set limits for everything that `processman up` starts, as with systemd",
  images: "programs run without images: install what they need",
  unseen: "nothing here reads it",
};

const DEPLOY_SWARM = "it is for a cluster, and programs run on this machine";

/** The keys of a file. */
export const FILE: Keys = {
  name: { to: "name" },
  services: { to: "processes" },
  include: {
    to: "processes",
    note: "The services of these files are added.",
  },
  version: { moot: "A configuration has no version." },
  networks: { why: MACHINE.network },
  ...alike("volumes secrets configs", { why: MACHINE.files }),
  models: { why: "start the server of the model as a process" },
};

/** The keys of a service. */
export const SERVICE: Keys = {
  command: {
    to: "command",
    note:
      "`shell` if it has variables, or runs `sh -c`. If it begins with `-`, it has only arguments for the program of the image.",
  },
  entrypoint: { to: "command", note: "Together with `command`." },
  image: {
    to: "export.image",
    note:
      "If there is neither `command` nor `entrypoint`, the process is a comment to be completed.",
  },
  build: {
    to: "cwd",
    note:
      "Without a `command`, `CMD` and `ENTRYPOINT` of the Dockerfile are read. The folder is that of `context`.",
  },
  working_dir: {
    to: "cwd",
    note: "If a volume or the Dockerfile says which folder of yours it is.",
  },
  environment: {
    to: "env",
    note: "Names of other services in addresses become `localhost`.",
  },
  env_file: { to: "envFiles" },
  depends_on: {
    to: "dependsOn",
    note:
      "`restart: true` is `restart: explicit`. What a service waits for the end of is a task.",
  },
  healthcheck: { to: "ready" },
  restart: { to: "restart", note: "`no` by default, here `never`." },
  stop_signal: { to: "stop.signal" },
  stop_grace_period: { to: "stop.gracePeriodMs" },
  profiles: { to: "profiles" },
  scale: { to: "replicas" },
  deploy: { to: "replicas" },
  extends: {
    to: "command",
    note: "The keys of the other service are filled in.",
  },
  ports: {
    to: "env",
    note:
      "Programs listen on their own ports. Told if the published port is another one.",
  },
  volumes: {
    to: "cwd",
    note:
      "They tell which folder `working_dir` is. The rest is not taken over.",
  },
  stdin_open: { to: "stdin", note: "`piped`, unless it has a terminal." },
  expose: { moot: "All ports can be reached from this machine." },
  ...alike("init links", { moot: "It is always so." }),
  ...alike("platform pull_policy pull_refresh_after", {
    moot: "There is no image.",
  }),
  container_name: { moot: "The name is the key of the process." },
  attach: { why: "`processman up` prints the output of all processes" },
  logging: {
    why: "`processman logs` reads the output; see `logs` and `output.file`",
  },
  tty: { to: "tty", note: "`processman attach` connects you to it." },
  develop: { to: "watch" },
  pre_stop: {
    to: "stop.command",
    note: "The hooks, and then the signal.",
  },
  pre_start: { to: "before" },
  post_start: { why: "make it a task, with the service in its `dependsOn`" },
  user: {
    why:
      "the users of an image are not those of this machine; `user` runs a process as one of these, if you are root",
  },
  provider: { why: "start it before `processman up`" },
  models: { why: "start the server of the model as a process" },
  ...alike("volumes_from tmpfs configs secrets read_only", {
    why: MACHINE.files,
  }),
  ...alike(
    `networks network_mode external_links hostname domainname dns dns_opt
    dns_search extra_hosts mac_address`,
    { why: MACHINE.network },
  ),
  ...alike(
    `cap_add cap_drop cgroup cgroup_parent credential_spec device_cgroup_rules
    devices group_add ipc isolation pid privileged runtime security_opt sysctls
    use_api_socket userns_mode uts`,
    { why: MACHINE.isolation },
  ),
  ...alike(
    `blkio_config cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period
    cpu_rt_runtime cpu_shares cpus cpuset gpus mem_limit mem_reservation
    mem_swappiness memswap_limit oom_kill_disable oom_score_adj pids_limit
    shm_size storage_opt ulimits`,
    { why: MACHINE.limits },
  ),
  ...alike("annotations labels label_file", { why: MACHINE.unseen }),
};

/** The keys of `build`. */
export const BUILD: Keys = {
  context: { to: "cwd" },
  dockerfile: { to: "command" },
  dockerfile_inline: { to: "command" },
  target: { to: "command" },
  args: { why: "programs run without images: set them in `env`" },
  ...alike(
    `additional_contexts cache_from cache_to entitlements extra_hosts isolation
    labels network no_cache platforms privileged provenance pull sbom secrets
    shm_size ssh tags ulimits`,
    { moot: "There is no image." },
  ),
};

/** The keys of `healthcheck`. */
export const HEALTH: Keys = {
  test: {
    to: "ready",
    note:
      "`curl` and `wget` become `http`, `nc -z` becomes `tcp`, and the rest `exec`.",
  },
  interval: { to: "ready.recheckMs", note: "30 s without it." },
  start_interval: { to: "ready.intervalMs", note: "1 s without it." },
  timeout: { to: "ready.timeoutMs", note: "30 s without it." },
  start_period: {
    to: "ready.withinMs",
    note: "Together with `retries` × `interval`: then it is unhealthy.",
  },
  retries: { to: "ready.withinMs", note: "3 without it." },
  disable: { moot: "`ready` is left out." },
};

/** The keys of `develop`. */
export const DEVELOP: Keys = {
  watch: { to: "watch" },
};

/** The keys of an item of `watch`. */
export const WATCH: Keys = {
  path: { to: "watch.paths" },
  action: {
    to: "watch",
    note:
      "All but `sync`, for which nothing is to be done: the program uses the files themselves.",
  },
  ignore: { to: "watch.ignore" },
  include: { why: "name these files in `watch.paths`" },
  target: { moot: "The program uses the files themselves." },
  initial_sync: { moot: "The program uses the files themselves." },
  exec: { why: "it would run in a container: see `before`" },
};

/** The keys of a hook. */
export const HOOK: Keys = {
  command: { to: "stop.command" },
  user: { why: "hooks run as the user of the process" },
  privileged: { why: MACHINE.isolation },
  working_dir: { why: "hooks run in the folder of the process" },
  environment: { why: "hooks have the environment of the process" },
};

/** The keys of `deploy`. */
export const DEPLOY: Keys = {
  replicas: { to: "replicas" },
  restart_policy: { to: "restart" },
  update_config: { to: "roll" },
  resources: { why: MACHINE.limits },
  labels: { why: MACHINE.unseen },
  ...alike("mode endpoint_mode placement rollback_config", {
    why: DEPLOY_SWARM,
  }),
};

/** The keys of `restart_policy`. */
export const RESTART_POLICY: Keys = {
  condition: { to: "restart.policy" },
  delay: { to: "restart.backoff" },
  max_attempts: { to: "restart.limit.restarts" },
  window: { to: "restart.resetAfterMs" },
};

/** The keys of `update_config`. */
export const UPDATE: Keys = {
  order: { to: "roll.order" },
  monitor: { to: "roll.minReadyMs" },
  delay: { why: "the next replica follows when one is ready" },
  parallelism: { why: "replicas are replaced one after another" },
  ...alike("failure_action max_failure_ratio", {
    why: "a roll ends at the first replica that is not ready",
  }),
};

/** The keys of a dependency. */
export const DEPENDENCY: Keys = {
  condition: { to: "dependsOn.when" },
  restart: { to: "dependsOn.restart" },
  required: { to: "dependsOn.required" },
};

/** The keys of an item of `env_file`. */
export const ENV_FILE: Keys = {
  path: { to: "envFiles.path" },
  required: { to: "envFiles.required" },
  format: { why: "in the files of variables, nothing is replaced" },
};

/** The keys of an item of `include`. */
export const INCLUDE: Keys = {
  path: { to: "processes" },
  project_directory: { why: "paths are relative to the folder of the file" },
  env_file: { why: "variables come from the environment, and from `.env`" },
};

/** The keys of `extends`. */
export const EXTENDS: Keys = {
  service: { to: "command" },
  file: { to: "command" },
};
