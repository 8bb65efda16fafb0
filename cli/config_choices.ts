/**
 * The options of which a configuration can have only one.
 *
 * @module
 */

/** What a process runs. */
export const PROGRAMS = ["command", "shell", "deno"] as const;

/** The probes. */
export const PROBES = ["http", "tcp", "exec", "line", "file", "all"] as const;

/** What a hook runs. */
export const HOOK_PROGRAMS = ["command", "shell"] as const;

/** What is told of a failure. */
export const ALERT_TARGETS = ["command", "shell", "url"] as const;

/** The backoffs. */
export const BACKOFFS = ["uniform", "exponential", "constant"] as const;
