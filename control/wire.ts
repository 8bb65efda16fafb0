/**
 * What a supervisor and its clients say to each other: the types of the JSON
 * that the control API takes and gives.
 *
 * A value that is not known, or does not exist, is `null`. Times are in
 * milliseconds since the epoch.
 *
 * @module
 */

/** What a process does, in one word. */
export type StateName =
  /** It has not been asked to start. */
  | "idle"
  /** Its next run is held back. */
  | "waiting"
  /** Its next run is about to begin. */
  | "starting"
  /** A run is alive. */
  | "running"
  /** Its run is ending. */
  | "stopping"
  /** It has crashed, and waits for its restart. */
  | "backoff"
  /** It is a task of a plan, and has ended with success. */
  | "completed"
  /** It has ended by itself and is not restarted. */
  | "ended"
  /** It has been given up. */
  | "failed"
  /** It has been asked to stop, and stays stopped until it is started. */
  | "stopped";

/** How a run ended. */
export interface EndView {
  /** The number of the run. */
  readonly run: number;
  /** When it ended. */
  readonly time: number;
  /** The exit code. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: string | null;
  /** Whether it failed without having been asked to end. */
  readonly crashed: boolean;
  /** Whether it was asked to end. */
  readonly requested: boolean;
  /** In words, such as `crashed with code 1` or `was killed by SIGKILL`. */
  readonly reason: string;
  /** The last lines of stderr if the run crashed, at most 20. */
  readonly stderr: readonly string[];
}

/** What a run and everything that it has started use. */
export interface UsageView {
  /**
   * Processor time as a share of one processor: since the sample before, if
   * somebody has asked in the last minute; otherwise, and in the first sample
   * of a run, since the run began. Samples are at least 250 ms apart; whoever
   * asks earlier gets the values of the last one.
   */
  readonly cpu: number | null;
  /** Resident memory of all its processes, in bytes. */
  readonly memory: number;
  /** How many processes it consists of. */
  readonly processes: number;
}

/** What a process needs from an entry of the plan before each of its runs. */
export interface DependencyView {
  /** The name of the entry. */
  readonly name: string;
  /** What it must have reached. */
  readonly when: "started" | "ready" | "completed";
  /** After which restarts of it this process is restarted too. */
  readonly restart: "never" | "explicit" | "always";
  /** Whether this process can only start with it. */
  readonly required: boolean;
  /** Whether the next run of this process waits for it now. */
  readonly awaited: boolean;
}

/** When a process runs, or is restarted, by itself. */
export interface ScheduleView {
  /** What happens at each time. */
  readonly action: "run" | "restart";
  /** When it happens next; `null` while it is suspended, or if never again. */
  readonly next: number | null;
  /** Whether it was stopped, and stays so until it is started. */
  readonly suspended: boolean;
}

/** A process of a supervisor. */
export interface ProcessView {
  /** The name of the process, such as `api.2`. */
  readonly name: string;
  /** The entry of the plan that it belongs to; without a plan, its name. */
  readonly entry: string;
  /** The kind of the entry. */
  readonly type: "service" | "task";
  /** The labels that the supervisor gives it: the profiles of its entry. */
  readonly labels: readonly string[];
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** What it does. */
  readonly state: StateName;
  /** Whether its run is ready; `null` while no run is alive. */
  readonly ready: boolean | null;
  /** The process ID of its child. */
  readonly pid: number | null;
  /** When its run began. */
  readonly since: number | null;
  /** When the next run begins (backoff), or SIGKILL is due (stopping). */
  readonly until: number | null;
  /** The number of its current or last run, 1 for the first; 0 before any. */
  readonly run: number;
  /** How many times it was restarted after a crash. */
  readonly restarts: number;
  /** How many more restarts its limit allows; `null` without a limit. */
  readonly restartsLeft: number | null;
  /** How its last run ended. */
  readonly last: EndView | null;
  /** What it depends on; nothing without a plan. */
  readonly dependencies: readonly DependencyView[];
  /** When it runs, or is restarted, by itself; `null` without a schedule. */
  readonly schedule: ScheduleView | null;
  /** Why it is where it is, in one sentence that begins with its name. */
  readonly why: string;
  /** What it uses; `null` unless asked for. */
  readonly usage: UsageView | null;
}

/** A probe of a process, and what it answered last. */
export interface ProbeView {
  /** What it asks, such as `http http://localhost:8000/`. */
  readonly name: string;
  /** How often it is asked, in milliseconds. */
  readonly intervalMs: number;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a run may take to get ready, in milliseconds. */
  readonly withinMs: number | null;
  /** How many failures in a row end the run. */
  readonly failures: number | null;
  /** The last answer in the present run; `null` before the first. */
  readonly last: {
    /** When it came. */
    readonly time: number;
    /** Whether it was a yes. */
    readonly ok: boolean;
    /** Why not. */
    readonly reason: string | null;
  } | null;
}

/** How a process was stopped the last time. */
export interface StopView {
  /** When it had ended. */
  readonly time: number;
  /** How long that took, in milliseconds. */
  readonly durationMs: number;
  /** The signals that were sent, and `stop command` where one was run, in order. */
  readonly signals: readonly string[];
  /** Whether it took SIGKILL. */
  readonly forced: boolean;
  /** The IDs of processes that survived. */
  readonly survivors: readonly number[];
}

/** Everything about a process that does not change from moment to moment. */
export interface ProcessDetails {
  /** The name of the process. */
  readonly name: string;
  /** Its working directory. */
  readonly cwd: string | null;
  /** The user that it runs as; `null` for that of the supervisor. */
  readonly user: string | null;
  /**
   * The names of the environment variables that its options set. The values
   * are not told.
   */
  readonly environment: readonly string[];
  /**
   * Its options with the defaults filled in, but for those above. What JSON
   * cannot express is put in words; nothing of it is a value of the environment.
   */
  readonly options: Readonly<Record<string, unknown>>;
  /** The probe of the option `ready`. */
  readonly ready: ProbeView | null;
  /** The probe of the option `live`. */
  readonly live: ProbeView | null;
  /** How it was stopped the last time; `null` if it never was. */
  readonly stopped: StopView | null;
}

/** What a configuration is read from. */
export interface ConfigSource {
  /** The paths of its files; later ones override earlier ones. */
  readonly files: readonly string[];
  /** The profiles that are active. */
  readonly profiles: readonly string[];
}

/** A supervisor. */
export interface SupervisorView {
  /** Its name. */
  readonly name: string;
  /** The process ID of its program. */
  readonly pid: number;
  /** The version of this package. */
  readonly version: string;
  /** When it began. */
  readonly startedAt: number;
  /** The path of its configuration, if it has one. */
  readonly config: string | null;
  /** What its configuration is read from, if it tells. */
  readonly source: ConfigSource | null;
  /** Its working directory. */
  readonly cwd: string;
  /** The folder of the logs of its processes, if they are on disk. */
  readonly logs: string | null;
  /** The file of its own log, if it has one. */
  readonly log: string | null;
  /** The address at which Prometheus reads its metrics, if there is one. */
  readonly metrics: string | null;
  /** Whether it has a plan: then entries can be scaled and rolled. */
  readonly plan: boolean;
  /** Whether its configuration can be changed by `apply`. */
  readonly canApply: boolean;
}

/** A line that a process wrote, as the log keeps it. */
export interface LogLine {
  /** The number of the line among those of its process, 1 for the first. */
  readonly seq: number;
  /** The name of the process. */
  readonly process: string;
  /** When it arrived. */
  readonly time: number;
  /** The output that it was written to. */
  readonly source: "stdout" | "stderr";
  /** The number of the run that wrote it, counted on over all supervisors. */
  readonly run: number;
  /** The line. */
  readonly text: string;
  /** Whether it was cut. */
  readonly truncated: boolean;
}

/** What a reader of logs gets: lines, and where lines are missing. */
export type LogItem =
  | ({ readonly kind: "line" } & LogLine)
  /** Lines that the log no longer had when the reader came to them. */
  | {
    readonly kind: "missed";
    readonly process: string;
    readonly count: number;
  };

/** Which lines to read; all conditions must hold. */
export interface LogQuery {
  /**
   * The names of the processes; all by default. The name of an entry stands for
   * its replicas too; in a pattern, `*` stands for any text, `?` for a character.
   */
  readonly names?: readonly string[] | undefined;
  /** How many of the newest lines that match, before anything is followed. */
  readonly lines?: number | undefined;
  /** Only lines from this time on. */
  readonly since?: number | undefined;
  /** Only lines before this time. */
  readonly until?: number | undefined;
  /** A regular expression that the text must match, without its colors. */
  readonly grep?: string | undefined;
  /** Only lines of this output. */
  readonly source?: "stdout" | "stderr" | undefined;
  /**
   * Only lines of this level or above: `debug`, `info`, `warn` or `error`, as
   * words in the text say; a line without such a word belongs to the level of
   * the line before it.
   */
  readonly level?: "debug" | "info" | "warn" | "error" | undefined;
  /** Only this run; 0 is the newest run, -1 the one before it. */
  readonly run?: number | undefined;
  /** Whether to go on with the lines that arrive. */
  readonly follow?: boolean | undefined;
  /**
   * The last `seq` that the reader has had, by process: it resumes there.
   * `lines` and `since` do not concern these processes.
   */
  readonly after?: Readonly<Record<string, number>> | undefined;
}

/** A log that can be read: on disk, or in memory. */
export interface LogSource {
  /**
   * Reads lines, in the order of their times. Ends with the signal.
   *
   * @throws {LogQueryError} At once, if the query is wrong.
   */
  read(query: LogQuery, signal: AbortSignal): AsyncIterable<LogItem>;
  /** Lists the processes that it has lines of. */
  names(): Promise<readonly string[]>;
}

/** What a reader of the raw output of a process gets. */
export type OutputItem =
  /** The first item. */
  | {
    readonly kind: "attached";
    /** The name of the process. */
    readonly process: string;
    /** What its stdin is. */
    readonly stdin: "terminal" | "piped" | "none";
  }
  | {
    readonly kind: "output";
    /** The output that it was written to. */
    readonly source: "stdout" | "stderr";
    /** The bytes in Base64. */
    readonly data: string;
  }
  /** Bytes that the reader was too slow for. */
  | { readonly kind: "skipped"; readonly bytes: number }
  /** The last item: no run follows. */
  | {
    readonly kind: "ended";
    /** The exit code; 128 + n after a signal. */
    readonly code: number;
    /** The signal. */
    readonly signal: string | null;
    /** Whether a stop of the process was requested. */
    readonly stopped: boolean;
    /** Whether the supervisor ends as well. */
    readonly closing: boolean;
  };

/** The size of a terminal, in characters. */
export interface SizeView {
  /** How many characters a row has. */
  readonly columns: number;
  /** How many rows there are. */
  readonly rows: number;
}

/** An event of a supervisor; `id` counts from 1. */
export interface EventView {
  /** The number of the event. */
  readonly id: number;
  /** The kind, as in `ProcessEvent`. */
  readonly kind: string;
  /** When it happened. */
  readonly time: number;
  /** The name of the process, if it is about one. */
  readonly name: string | null;
  /** What happened, in words. */
  readonly text: string;
  /** The other properties of the event, as JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Names for a request; at least one. */
export interface NamesRequest {
  /** The names of entries or processes. */
  readonly names: readonly string[];
  /** How long to wait for the result, in milliseconds. */
  readonly withinMs?: number | undefined;
}

/** A request to start processes. */
export interface StartRequest extends NamesRequest {
  /**
   * What happens to the processes of a plan that the named ones depend on, as
   * in `App.start()`; `require` by default.
   */
  readonly dependencies?: "require" | "start" | "ignore" | undefined;
}

/** The body of an answer that is not a success. */
export interface ErrorView {
  /** What went wrong. */
  readonly error: {
    /** A word for programs. */
    readonly code:
      | "bad-request"
      | "not-found"
      | "not-allowed"
      | "too-large"
      | "conflict"
      /** The program has not read what was written to its stdin before. */
      | "full"
      | "failed"
      | "not-ready"
      | "closing"
      /** Of a dashboard: the request has no valid key. */
      | "unauthorized"
      /** Of a dashboard, or of metrics: the request is not for its host. */
      | "forbidden"
      /** Of a dashboard: there is no supervisor. */
      | "unreachable";
    /** For people. */
    readonly message: string;
  };
}
