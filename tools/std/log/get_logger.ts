import { state } from "./_state.ts";
import { Logger } from "./logger.ts";

export type { Logger };

/**
 * Returns the logger of this name, or the default one, which is there once
 * `setup.ts` was imported. A new name gives a logger without handlers.
 */
export function getLogger(name?: string): Logger {
  const logger = state.loggers.get(name || "default");
  if (logger) return logger;
  if (!name) {
    throw new Error(
      `"default" logger must be set for getting logger without name`,
    );
  }
  const silent = new Logger(name, "NOTSET", { handlers: [] });
  state.loggers.set(name, silent);
  return silent;
}
