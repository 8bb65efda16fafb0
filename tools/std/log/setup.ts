import { defaultConfig } from "./_config.ts";
import { state } from "./_state.ts";
import { type LogConfig, Logger } from "./logger.ts";

/** Replaces all handlers and loggers; those named `default` always exist. */
export function setup(config: LogConfig): void {
  for (const handler of state.handlers.values()) handler.destroy();
  state.handlers.clear();
  const handlers = { ...defaultConfig.handlers, ...config.handlers };
  for (const [name, handler] of Object.entries(handlers)) {
    handler.setup();
    state.handlers.set(name, handler);
  }

  state.loggers.clear();
  const loggers = { ...defaultConfig.loggers, ...config.loggers };
  for (const [name, { level, handlers = [] }] of Object.entries(loggers)) {
    const known = handlers.flatMap((name) => state.handlers.get(name) ?? []);
    state.loggers.set(
      name,
      new Logger(name, level ?? "INFO", { handlers: known }),
    );
  }
}

setup({});
