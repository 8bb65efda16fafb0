/**
 * Compares the tables of the porting pages with both sides: with the options
 * and members of this package, and with what the origin has.
 *
 * @module
 */

import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { APP_ALIASES, APP_KEYS } from "../cli/init_pm2_keys.ts";
import { CONCURRENTLY_KEYS } from "../cli/init_runners.ts";
import {
  PROGRAM_KEYS,
  SECTIONS,
  SUPERVISORD_KEYS,
} from "../cli/init_supervisord_keys.ts";
import { checkManager } from "../manager_options.ts";
import * as library from "../mod.ts";
import { checkCommand } from "../options.ts";
import * as plans from "../plan/mod.ts";
import * as probes from "../probe/mod.ts";
import {
  type Page,
  readPages,
  type Table,
  tableOf,
  tablesOf,
} from "../tools/pages.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("read");

/** What the first columns of the tables of a page have to name. */
interface Origin {
  readonly page: string;
  /** The head of the first column, and all that it names, between spaces. */
  readonly tables: Readonly<Record<string, string>>;
}

/** The properties of a service, by the schema that is named below. */
const SERVICE_KEYS =
  `annotations attach blkio_config build cap_add cap_drop cgroup
        cgroup_parent command configs container_name cpu_count cpu_percent
        cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset
        credential_spec depends_on deploy develop device_cgroup_rules devices
        dns dns_opt dns_search domainname entrypoint env_file environment expose
        extends external_links extra_hosts gpus group_add healthcheck hostname
        image init ipc isolation label_file labels links logging mac_address
        mem_limit mem_reservation mem_swappiness memswap_limit models
        network_mode networks oom_kill_disable oom_score_adj pid pids_limit
        platform ports post_start pre_stop privileged profiles provider
        pull_policy pull_refresh_after read_only restart runtime scale secrets
        security_opt shm_size stdin_open stop_grace_period stop_signal
        storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode
        uts volumes volumes_from working_dir`;

const ORIGINS: readonly Origin[] = [
  {
    // The schema of the Compose specification, compose-spec/compose-spec
    // 170098b: the properties of a service, and of its maps. `pre_start` is only
    // in its text.
    page: "docs/from_compose.md",
    tables: {
      "Key of a service": SERVICE_KEYS,
      "In a service": `${SERVICE_KEYS} pre_start`,
      "Key of `healthcheck`":
        `disable interval retries start_interval start_period test timeout`,
      "In `healthcheck`":
        `disable interval retries start_interval start_period test timeout`,
      "Key of a Compose file":
        `configs include models name networks secrets services version volumes`,
      "In `deploy`": `endpoint_mode labels mode placement replicas resources
        restart_policy rollback_config update_config`,
    },
  },
  {
    // process-compose 23b0aca: the keys of types.Project, ProcessConfig and
    // the types of their fields.
    page: "docs/from_process_compose.md",
    tables: {
      "Key of a file": `disable_env_expansion dot_env_vars env_cmds
        env_file_names environment extends file_names is_strict is_tui_disabled log_configuration log_format log_length
        log_level log_location mcp_server name ordered_shutdown processes shell
        vars version`,
      "In a process": `args availability command depends_on description
        disable_ansi_colors disabled entrypoint env_file environment executable
        extends is_daemon is_disabled is_dotenv_disabled is_elevated
        is_foreground is_interactive is_template_disabled is_tty
        launch_timeout_seconds liveness_probe log_configuration log_location mcp
        monitor_for monitor_silence_threshold name namespace original_config
        readiness_probe ready_log_line replica_name replica_num replicas schedule
        shutdown success_exit_codes truncate_log vars watch working_dir`,
      "In `availability`": `backoff_seconds exit_on_end exit_on_skipped
        max_restarts restart`,
      "In `shutdown`": `command parent_only send_keys signal timeout_seconds`,
      "In `schedule`": `cron interval max_concurrent run_on_start timezone`,
      "In a probe": `exec failure_threshold http_get initial_delay_seconds
        period_seconds success_threshold timeout_seconds`,
      "In `http_get`": `headers host num_port path port scheme status_code`,
      "In `log_configuration`": `add_timestamp disable_json fields_order
        flush_each_line no_color no_metadata rotation timestamp_format`,
      "In `rotation`":
        `compress directory filename max_age_days max_backups max_size_mb`,
    },
  },
  {
    // supervisor 4.2.5: options.py, `_processes_from_section()`; and what
    // `read_config()` and `process_groups_from_parser()` get from sections.
    page: "docs/from_supervisord.md",
    tables: {
      "`[program:x]`":
        `autorestart autostart command directory environment exitcodes
        killasgroup numprocs numprocs_start priority process_name
        redirect_stderr serverurl startretries startsecs stderr_capture_maxbytes
        stderr_events_enabled stderr_logfile stderr_logfile_backups
        stderr_logfile_maxbytes stderr_syslog stdout_capture_maxbytes
        stdout_events_enabled stdout_logfile stdout_logfile_backups
        stdout_logfile_maxbytes stdout_syslog stopasgroup stopsignal
        stopwaitsecs umask user`,
      Section: `[eventlistener:x] [fcgi-program:x] [group:x] [include]
        [inet_http_server] [rpcinterface:x] [supervisorctl] [supervisord]
        [unix_http_server] buffer_size childlogdir directory environment events
        identifier logfile logfile_backups logfile_maxbytes loglevel minfds
        minprocs nocleanup nodaemon pidfile priority programs result_handler
        silent socket socket_backlog socket_mode socket_owner strip_ansi umask
        user`,
    },
  },
  {
    // pm2 7.0.4: the keys and aliases of lib/API/schema.json.
    page: "docs/from_pm2.md",
    tables: {
      pm2: `append_env_to_name args automation autorestart autostart
        combine_logs cron cron_restart cwd deep_monitoring disable_logs
        disable_source_map_support disable_trace env env_* err err_file err_log
        error error_file event_loop_inspector exec exec_interpreter exec_mode
        execute_command exp_backoff_restart_delay filter_env force gid
        ignore_watch increment_var install_url instance_var instances
        interpreter interpreterArgs interpreter_args io kill_retry_time
        kill_timeout listen_timeout log log_date_format log_file log_type
        max_memory_restart max_restarts merge_logs min_uptime name name_prefix
        namespace node_args out out_file out_log output pid pid_file pmx port
        post_update restart_delay script shutdown_with_message
        source_map_support stop_exit_codes time trace treekill uid user
        username v8 vizion wait_ready watch watch_delay watch_options
        windowsHide write`,
    },
  },
  {
    // foreman 0.87.2, the options of `foreman start`, with `concurrency` of
    // older ones; and overmind 2.5, the variables that are not about tmux.
    page: "docs/from_foreman.md",
    tables: {
      "In `.foreman`":
        `color concurrency env formation port procfile root timeout timestamp`,
      "In `.overmind.env`": `OVERMIND_ANY_CAN_DIE OVERMIND_AUTO_RESTART
        OVERMIND_CAN_DIE OVERMIND_FORMATION OVERMIND_IGNORED_PROCESSES
        OVERMIND_PORT OVERMIND_PORT_STEP OVERMIND_PROCESSES OVERMIND_PROCFILE
        OVERMIND_ROOT OVERMIND_STOP_SIGNALS OVERMIND_TIMEOUT OVERMIND_TITLE`,
    },
  },
  {
    // systemd 252: the directives of systemd.service(5) and systemd.kill(5).
    page: "docs/from_systemd.md",
    tables: {
      "`[Service]`": `BusName= ExecCondition= ExecReload= ExecStart=
        ExecStartPost= ExecStartPre= ExecStop= ExecStopPost= ExitType=
        FileDescriptorStoreMax= FinalKillSignal= GuessMainPID= KillMode=
        KillSignal= NonBlocking= NotifyAccess= OOMPolicy= PIDFile=
        RemainAfterExit= Restart= RestartForceExitStatus= RestartKillSignal=
        RestartPreventExitStatus= RestartSec= RootDirectoryStartOnly=
        RuntimeMaxSec= RuntimeRandomizedExtraSec= SendSIGHUP= SendSIGKILL=
        Sockets= SuccessExitStatus= TimeoutAbortSec= TimeoutSec=
        TimeoutStartFailureMode= TimeoutStartSec= TimeoutStopFailureMode=
        TimeoutStopSec= Type= USBFunctionDescriptors= USBFunctionStrings=
        WatchdogSec= WatchdogSignal=`,
    },
  },
  {
    // concurrently 9.2.5: `concurrently --help`.
    page: "docs/from_concurrently.md",
    tables: {
      concurrently: `--default-input-target --group --handle-input --help
        --hide --kill-others --kill-others-on-fail --kill-signal --kill-timeout
        --ks --max-processes --name-separator --names --no-color --pad-prefix
        --passthrough-arguments --prefix --prefix-colors --prefix-length --raw
        --restart-after --restart-tries --success --teardown --timestamp-format
        --timings --version -P -V -c -g -h -i -k -l -m -n -p -r -s -t -v`,
    },
  },
  {
    // execa 9.6.1: CommonOptions, Subprocess, IpcMethods, PipableSubprocess,
    // CommonResult and the values that index.d.ts exports.
    page: "docs/from_execa.md",
    tables: {
      execa: `all argv0 buffer cancelSignal cleanup cwd detached encoding env
        extendEnv forceKillAfterDelay gid gracefulCancel input inputFile ipc
        ipcInput killSignal lines localDir maxBuffer node nodeOptions nodePath
        preferLocal reject serialization shell stderr stdin stdio stdout
        stripFinalNewline timeout uid verbose windowsHide
        windowsVerbatimArguments`,
      Subprocess: `Symbol.asyncIterator all duplex() getEachMessage()
        getOneMessage() iterable() kill() pid pipe() readable() sendMessage()
        stderr stdin stdio stdout writable()`,
      Result: `all cause code command cwd durationMs escapedCommand exitCode
        failed ipcOutput isCanceled isForcefullyTerminated
        isGracefullyCanceled isMaxBuffer isTerminated message name
        originalMessage pipedFrom shortMessage signal signalDescription stack
        stderr stdio stdout timedOut`,
      Function: `$ ExecaError ExecaSyncError execa() execaCommand()
        execaCommandSync() execaNode() execaSync() getCancelSignal()
        getEachMessage() getOneMessage() parseCommandString() sendMessage()`,
    },
  },
  {
    // github.com/isbm/processman 7bac727, and `Command()` of its README.
    page: "docs/from_go.md",
    tables: {
      Go: `ErrProcessmanGone New() RESTART_DISABLED RESTART_FOREVER
        p.ErrChan() p.Getpid() p.Kill() p.Stderr() p.Stdout() p.Stop()
        pm.Command() pm.KillAll() pm.Processes() pm.SetRestartAfter()
        pm.Shutdown() pm.StartConcurrent() pm.StartSerial() pm.StopAll()`,
    },
  },
];

/** Returns the porting pages. */
async function portingPages(): Promise<Page[]> {
  return (await readPages())
    .filter(({ path }) => path.startsWith("docs/from_"));
}

/** Returns the spans of code in a text. */
function spansOf(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, span = ""]) => span);
}

/** Returns what the first column of a table names. */
function originNames(table: Table): string[] {
  const names = table.slice(1).flatMap(([cell = ""]) => spansOf(cell));
  return [...new Set(names)].sort();
}

for (const { page: path, tables } of ORIGINS) {
  Deno.test(`${path} tells all options of the origin and no others`, {
    ignore,
  }, async () => {
    const page = (await portingPages()).find((each) => each.path === path);
    assert(page !== undefined);
    for (const [head, names] of Object.entries(tables)) {
      const all = names.split(/\s+/).sort();
      assertEquals(originNames(tableOf(page, head)), all);
    }
  });
}

Deno.test("There is a list of the origin for each porting page", {
  ignore,
}, async () => {
  assertEquals(
    (await portingPages()).map(({ path }) => path),
    ORIGINS.map(({ page }) => page).sort(),
  );
});

Deno.test("init knows all keys of the origins", { ignore }, () => {
  const listed = (path: string, head: string) =>
    (ORIGINS.find(({ page }) => page === path)?.tables[head] ?? "")
      .split(/\s+/).sort();
  const aliases = Object.keys(APP_ALIASES)
    // pm2 takes these from a file, besides what is in its schema.
    .filter((name) => name !== "cmd" && name !== "command");
  assertEquals(
    [...Object.keys(APP_KEYS), ...aliases].sort(),
    listed("docs/from_pm2.md", "pm2"),
  );
  assertEquals(
    Object.keys(PROGRAM_KEYS).sort(),
    listed("docs/from_supervisord.md", "`[program:x]`"),
  );
  const others = listed("docs/from_supervisord.md", "Section");
  assertArrayIncludes(others, Object.keys(SUPERVISORD_KEYS));
  const sections = Object.keys(SECTIONS).map((name) => `[${name}]`);
  assertArrayIncludes(
    sections,
    others.filter((name) => /^\[(?!supervisord\])/.test(name)),
  );
  const options = listed("docs/from_concurrently.md", "concurrently");
  assertEquals(
    Object.keys(CONCURRENTLY_KEYS).sort(),
    options.filter((name) => /^--/.test(name))
      .filter((name) => !/^--(help|version|ks)$/.test(name)),
  );
});

/** Returns a text file of the origin, if it is installed here. */
async function installed(path: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path);
    const bytes = file.readable;
    const unpacked = path.endsWith(".gz")
      ? bytes.pipeThrough(new DecompressionStream("gzip"))
      : bytes;
    return await new Response(unpacked).text();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Compares a list of the origin with what is installed. A later version can
 * have more than the list.
 */
function assertInstalled(
  actual: readonly string[],
  [path, head]: readonly [path: string, head: string],
  sameVersion: boolean,
): void {
  const origin = ORIGINS.find(({ page }) => page === path);
  const listed = (origin?.tables[head] ?? "").split(/\s+/);
  assertEquals(listed.filter((name) => !actual.includes(name)), []);
  if (!sameVersion) return;
  assertEquals(actual.filter((name) => !listed.includes(name)), []);
}

Deno.test("The keys of supervisord are those of the one that is installed", {
  ignore,
}, async () => {
  const folder = "/usr/lib/python3/dist-packages/supervisor";
  const source = await installed(`${folder}/options.py`);
  const version = await installed(`${folder}/version.txt`);
  if (source === undefined) return;
  const [, body = ""] =
    source.match(/def _processes_from_section\((.*?)return programs/s) ?? [];
  const keys = Array.from(
    body.matchAll(/\bget\(section, ?'(\w+)'/g),
    ([, key = ""]) => key,
  );
  const perOutput = Array.from(
    body.matchAll(/'%s(_\w+)' % k\b/g),
    ([, end = ""]) => [`stdout${end}`, `stderr${end}`],
  );
  assertInstalled(
    [...keys, ...perOutput.flat()],
    ["docs/from_supervisord.md", "`[program:x]`"],
    version?.trim() === "4.2.5",
  );
});

/** Returns the directives that the text of a manual page describes. */
function directivesOf(manual: string): string[] {
  return Array.from(
    manual.matchAll(/^\.PP\n((?:\\fI[A-Z].*\n)+)\.RS 4$/gm),
    ([, terms = ""]) => terms.match(/(?<=\\fI)[A-Z]\w+=/g) ?? [],
  ).flat();
}

Deno.test("The directives of systemd are those of its manual", {
  ignore,
}, async () => {
  const read = (name: string) => installed(`/usr/share/man/man5/${name}.5.gz`);
  const [service, kill, ...others] = await Promise.all(
    ["service", "kill", "exec", "unit", "resource-control"]
      .map((name) => read(`systemd.${name}`)),
  );
  if (service === undefined || kill === undefined) return;
  const own = directivesOf(service + kill);
  const sameVersion = /^\.TH .* "systemd 252"/m.test(service);
  const path = "docs/from_systemd.md";
  assertInstalled(own, [path, "`[Service]`"], sameVersion);

  const all = [...own, ...directivesOf(others.join(""))];
  const page = (await portingPages()).find((each) => each.path === path);
  assert(page !== undefined);
  for (const head of ["`[Service]`, environment", "`[Unit]`"]) {
    for (const name of originNames(tableOf(page, head))) {
      const pattern = new RegExp(`^${name.replace("…", ".+")}$`);
      assert(all.some((each) => pattern.test(each)), name);
    }
  }
});

/** Returns the names of options that a check knows, from its message. */
function namesIn(check: (value: object) => void, parents: string[]): string[] {
  const value = nested(parents, { "?": 0 });
  const { message } = assertThrows(() => check(value as object), TypeError);
  const [, names] =
    message.match(/^Option ".*\?" does not exist: the options are (.+)$/) ?? [];
  return names?.split(", ") ?? [];
}

/** Returns an object that holds a value at a path. */
function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, name) => ({ [name]: inner }), value);
}

const command = (value: object) => void checkCommand(value, "");
const manager = (value: object) => void checkManager(value, "");
const entry = (value: object) => {
  plans.plan({ entry: { command: ["true"], ...value } });
};

/** All that the package exports. */
const exports = { ...library, ...plans, ...probes };

/** Returns why there is no such option; `undefined` if there is one. */
function optionFault(path: string, value: string | undefined) {
  const names = path.split(".");
  const name = names.at(-1) ?? "";
  const check = [command, manager, entry]
    .find((check) => namesIn(check, names.slice(0, -1)).includes(name));
  if (check === undefined) return "there is no such option";
  if (value === undefined || value.includes("…")) return undefined;
  const json = value.replace(/(\w+):/g, '"$1":').replace(/(\d)_(?=\d)/g, "$1");
  try {
    check(nested(names, JSON.parse(json)) as object);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Returns why an object has no such member; `undefined` if it has it. */
function memberFault(object: object, name: string, call: boolean) {
  if (!(name in object)) return "there is no such member";
  const prototype = Object.getPrototypeOf(object);
  const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  const method = typeof value === "function";
  return method === call ? undefined : `is it a method? ${method}`;
}

/** Returns why code names nothing of this package. */
function faultOf(
  span: string,
  objects: Readonly<Record<string, object>>,
): string | undefined {
  const [, owner = "", member = "", call] =
    span.match(/^(pm|process)\.(\w+)(\(.*\))?$/) ?? [];
  const object = objects[owner];
  if (object) return memberFault(object, member, call !== undefined);
  const [, exported] =
    span.match(/^(?:new )?([A-Z]\w+|\w+(?=\())(?:\(.*\))?$/) ??
      [];
  if (exported !== undefined) {
    return exported in exports ? undefined : "it is not exported";
  }
  const [, path, value] = span.match(/^([\w.]+)(?:: (.+))?$/) ?? [];
  return path === undefined ? "what is it?" : optionFault(path, value);
}

/** Returns the cells below the head "processman", with their tables. */
function ourCells(page: Page): { cell: string; all: boolean }[] {
  return tablesOf(page.text).flatMap(([head = [], ...rows]) => {
    const column = head.indexOf("processman");
    // In the second column, a cell names what replaces the first.
    return rows.map((row) => ({ cell: row[column] ?? "", all: column === 1 }));
  });
}

Deno.test("The porting pages name options and members that exist", {
  ignore,
}, async () => {
  await using pm = new library.Processman({ logger: null });
  const process = pm.command("true");
  const faults: string[] = [];
  for (const page of await portingPages()) {
    const look = (span: string) => {
      const fault = faultOf(span, { pm, process });
      if (fault !== undefined) faults.push(`${page.path}: ${span}: ${fault}`);
    };
    for (const { cell, all } of ourCells(page)) {
      if (!all || cell === "none") continue;
      if (!/^`[^`]+`(?:, `[^`]+`)*$/.test(cell)) {
        faults.push(`${page.path}: neither code nor "none": ${cell}`);
      }
      spansOf(cell).forEach(look);
    }
    // Elsewhere, what looks like an option or a member is one.
    const prose = page.text.replace(/^```.*?^```$/gms, "")
      // The keys of a configuration are compared with those of `init`.
      .replace(/<!-- Written by .*?<!-- End -->/gs, "");
    spansOf(prose)
      .filter((span) =>
        /^(pm|process|restart|stop|output|ready|live)\.[a-z]/.test(span)
      )
      .filter((span) => /^[\w.]+(\(.*\)|: .+)?$/.test(span))
      .filter((span) => !/^pm\.[A-Z]/.test(span))
      .forEach(look);
  }
  assertEquals(faults, []);
});
