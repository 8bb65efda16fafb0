import type { BaseHandler } from "./base_handler.ts";
import {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
  LogLevels,
} from "./levels.ts";

/** Any function. */
// deno-lint-ignore no-explicit-any
export type GenericFunction = (...args: any[]) => any;

/** How one logger is set up. */
export interface LoggerConfig {
  /** The lowest level that is passed on. */
  level?: LevelName;
  /** The names of the handlers that records are passed to. */
  handlers?: string[];
}

/** What {@linkcode setup} takes: handlers and loggers by name. */
export interface LogConfig {
  /** The handlers by name. */
  handlers?: { [name: string]: BaseHandler };
  /** The loggers by name. */
  loggers?: { [name: string]: LoggerConfig };
}

/** The facts of a {@linkcode LogRecord}. */
export interface LogRecordOptions {
  /** The message. */
  msg: string;
  /** What was passed after the message. */
  args: unknown[];
  /** The level. */
  level: LogLevel;
  /** The name of the logger. */
  loggerName: string;
}

/** One message on its way to the handlers. */
export class LogRecord {
  /** The message. */
  readonly msg: string;
  /** The number of the level. */
  readonly level: number;
  /** The name of the level. */
  readonly levelName: string;
  /** The name of the logger. */
  readonly loggerName: string;
  readonly #args: unknown[];
  readonly #datetime = new Date();

  /** Makes a record of this moment. */
  constructor(options: LogRecordOptions) {
    this.msg = options.msg;
    this.level = options.level;
    this.levelName = getLevelName(options.level);
    this.loggerName = options.loggerName;
    this.#args = [...options.args];
  }

  /** What was passed after the message. */
  get args(): unknown[] {
    return [...this.#args];
  }

  /** When the record was made. */
  get datetime(): Date {
    return new Date(this.#datetime);
  }
}

/** Options for {@linkcode Logger}. */
export interface LoggerOptions {
  /** The handlers that records are passed to. */
  handlers?: BaseHandler[];
}

/** What can be logged: a value, or a function that makes it when needed. */
type Message<T> = (T extends GenericFunction ? never : T) | (() => T);

/** Passes messages of its level and above to its handlers. */
export class Logger {
  /** The handlers that records are passed to. */
  handlers: BaseHandler[];
  readonly #name: string;
  #level: LogLevel;

  /** Makes a logger for messages of this level and above. */
  constructor(name: string, levelName: LevelName, options: LoggerOptions = {}) {
    this.#name = name;
    this.#level = getLevelByName(levelName);
    this.handlers = options.handlers ?? [];
  }

  /** The lowest level that is passed on. */
  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    if (!Object.values(LogLevels).includes(level)) {
      throw new TypeError(`Invalid log level: ${level}`);
    }
    this.#level = level;
  }

  /** The name of the lowest level that is passed on. */
  get levelName(): LevelName {
    return getLevelName(this.#level);
  }

  set levelName(levelName: LevelName) {
    this.#level = getLevelByName(levelName);
  }

  /** The name of the logger. */
  get loggerName(): string {
    return this.#name;
  }

  /** Logs at `DEBUG`, and returns the message or what it evaluates to. */
  debug<T>(msg: () => T, ...args: unknown[]): T | undefined;
  /** Logs at `DEBUG`, and returns the message. */
  debug<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  debug<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.DEBUG, msg, args);
  }

  /** Logs at `INFO`, and returns the message or what it evaluates to. */
  info<T>(msg: () => T, ...args: unknown[]): T | undefined;
  /** Logs at `INFO`, and returns the message. */
  info<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  info<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.INFO, msg, args);
  }

  /** Logs at `WARN`, and returns the message or what it evaluates to. */
  warn<T>(msg: () => T, ...args: unknown[]): T | undefined;
  /** Logs at `WARN`, and returns the message. */
  warn<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  warn<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.WARN, msg, args);
  }

  /** Logs at `ERROR`, and returns the message or what it evaluates to. */
  error<T>(msg: () => T, ...args: unknown[]): T | undefined;
  /** Logs at `ERROR`, and returns the message. */
  error<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  error<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.ERROR, msg, args);
  }

  /** Logs at `CRITICAL`, and returns the message or what it evaluates to. */
  critical<T>(msg: () => T, ...args: unknown[]): T | undefined;
  /** Logs at `CRITICAL`, and returns the message. */
  critical<T>(
    msg: T extends GenericFunction ? never : T,
    ...args: unknown[]
  ): T;
  critical<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.CRITICAL, msg, args);
  }

  #log<T>(level: LogLevel, msg: Message<T>, args: unknown[]): T | undefined {
    const lazy = msg instanceof Function;
    if (this.level > level) return lazy ? undefined : msg;
    const value = lazy ? msg() : msg;
    const record = new LogRecord({
      msg: asString(value),
      args,
      level,
      loggerName: this.#name,
    });
    for (const handler of this.handlers) handler.handle(record);
    return value;
  }
}

function asString(data: unknown, inObject = false): string {
  if (typeof data === "string") return inObject ? `"${data}"` : data;
  if (typeof data === "function") return "undefined";
  if (typeof data !== "object" || data === null) return String(data);
  if (data instanceof Error) return data.stack ?? String(data);
  const entries = Object.entries(data)
    .map(([key, value]) => `"${key}":${asString(value, true)}`);
  return `{${entries.join(",")}}`;
}
