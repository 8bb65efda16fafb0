import type { BaseHandler } from "./base_handler.ts";
import type { Logger } from "./logger.ts";

/** The handlers and loggers in use: one set per program. */
export const state: {
  readonly handlers: Map<string, BaseHandler>;
  readonly loggers: Map<string, Logger>;
} = { handlers: new Map(), loggers: new Map() };
