import { ConsoleHandler } from "./console_handler.ts";
import type { LogConfig } from "./logger.ts";

/** The handlers and loggers that always exist. */
export const defaultConfig = {
  handlers: { default: new ConsoleHandler("INFO") },
  loggers: { default: { level: "INFO", handlers: ["default"] } },
} satisfies LogConfig;
