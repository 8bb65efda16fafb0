/**
 * The names that a process can have in a configuration.
 *
 * @module
 */

/** What such a name looks like. */
export const ENTRY_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
