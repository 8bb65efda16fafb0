/**
 * The options of {@linkcode instrument}, and their checks.
 *
 * @module
 */

/** What a run uses. */
export interface RunUsage {
  /** Processor time of all that belongs to the run, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory of all that belongs to the run, in bytes. */
  readonly memory: number;
}

/**
 * Reads what runs use. It is called with the process IDs of their children, and
 * returns what it knows, by these. `usageReader()` of
 * `@isbm/processman/control` makes one.
 */
export type UsageReader = (
  pids: readonly number[],
) => Promise<ReadonlyMap<number, RunUsage>>;

/** The context of a run: a `Context` of `@opentelemetry/api`. */
export interface RunContext {
  /** Returns the value of a key. */
  getValue(key: symbol): unknown;
  /** Returns a context in which a key has a value. */
  setValue(key: symbol, value: unknown): RunContext;
  /** Returns a context in which a key has no value. */
  deleteValue(key: symbol): RunContext;
}

/** A line of output, as a log record. */
export interface LineRecord {
  /** When the line arrived: seconds and nanoseconds since the epoch. */
  readonly timestamp: [seconds: number, nanoseconds: number];
  /** 9 for a line on stdout, 13 for a line on stderr. */
  readonly severityNumber: 9 | 13;
  /** `"INFO"` for a line on stdout, `"WARN"` for a line on stderr. */
  readonly severityText: "INFO" | "WARN";
  /** The line. */
  readonly body: string;
  /** The process, the run, and which output the line was written to. */
  readonly attributes: Record<string, string | number>;
  /** The context of the run, with its span. */
  readonly context: RunContext;
}

/** Takes log records, as a `Logger` of `@opentelemetry/api-logs` does. */
export interface LineLogger {
  /** Takes a record. */
  emit(record: LineRecord): void;
}

/** Options for {@linkcode instrument}. */
export interface InstrumentOptions {
  /**
   * Whether to make a span of each call of a probe.
   *
   * @default {true}
   */
  probes?: boolean | undefined;
  /**
   * Whether the span of a run has the arguments of the program, and that of a
   * probe all that it looks for. They can contain secrets.
   *
   * @default {false}
   */
  args?: boolean | undefined;
  /**
   * Reads processor time and memory, which become metrics. Without it, there
   * are no such metrics.
   */
  usage?: UsageReader | undefined;
  /**
   * Where the lines that the processes write go: to a logger, or, for
   * `"console"`, to the console of this program, of which the exporter of Deno
   * makes log records. Without it, the lines are not read.
   */
  logs?: LineLogger | "console" | undefined;
}

const NAMES = ["probes", "args", "usage", "logs"];

/**
 * Checks options.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 */
export function checkOptions(options: InstrumentOptions): InstrumentOptions {
  if (typeof options !== "object" || options === null) {
    wrong("options", "an object", options);
  }
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue;
    throw new TypeError(
      `Option "${name}" does not exist: the options are ${NAMES.join(", ")}`,
    );
  }
  const { probes, args, usage, logs } = options;
  for (const [name, value] of Object.entries({ probes, args })) {
    if (value !== undefined && typeof value !== "boolean") {
      wrong(name, "true or false", value);
    }
  }
  if (usage !== undefined && typeof usage !== "function") {
    wrong("usage", "a function", usage);
  }
  if (logs !== undefined && logs !== "console" && !isLogger(logs)) {
    wrong("logs", '"console" or an object with the method emit()', logs);
  }
  return { probes, args, usage, logs };
}

function isLogger(value: unknown): boolean {
  return typeof value === "object" && value !== null && "emit" in value &&
    typeof value.emit === "function";
}

/** Throws the error for a value of a wrong type. */
export function wrong(name: string, expected: string, value: unknown): never {
  const shown = Deno.inspect(value, { depth: 0, strAbbreviateSize: 60 });
  throw new TypeError(
    `Option "${name}" must be ${expected}: current value is ${shown}`,
  );
}
