// deno-lint-ignore-file no-console

import { blue, bold, red, yellow } from "./_colors.ts";
import { BaseHandler, type BaseHandlerOptions } from "./base_handler.ts";
import { type LevelName, LogLevels } from "./levels.ts";
import type { LogRecord } from "./logger.ts";

/** Options for {@linkcode ConsoleHandler}. */
export interface ConsoleHandlerOptions extends BaseHandlerOptions {
  /**
   * Whether the level decides the colour of a line; `NO_COLOR` comes first.
   *
   * @default {true}
   */
  useColors?: boolean;
}

/** Writes records to the console. */
export class ConsoleHandler extends BaseHandler {
  #useColors: boolean;

  /** Makes a handler for records of this level and above. */
  constructor(levelName: LevelName, options: ConsoleHandlerOptions = {}) {
    super(levelName, options);
    this.#useColors = options.useColors ?? true;
  }

  override format(logRecord: LogRecord): string {
    const text = super.format(logRecord);
    return this.#useColors ? colored(text, logRecord.level) : text;
  }

  override log(msg: string): void {
    console.log(msg);
  }
}

function colored(text: string, level: number): string {
  switch (level) {
    case LogLevels.INFO:
      return blue(text);
    case LogLevels.WARN:
      return yellow(text);
    case LogLevels.ERROR:
      return red(text);
    case LogLevels.CRITICAL:
      return bold(red(text));
    default:
      return text;
  }
}
