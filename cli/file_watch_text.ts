/**
 * What is said about changes of files. The functions are pure.
 *
 * @module
 */

import type { Changes, Loop } from "./file_watch_pace.ts";

/** What Deno says when the system allows no more. */
const LIMIT = /watch limit|no space left|os error 28/i;
const OPEN = /too many open files|os error 24/i;

/** Returns which files have changed: `src/a.ts and 2 more files changed`. */
export function changesText({ path, files }: Changes): string {
  const more = files - 1;
  const others = more === 0
    ? ""
    : more === 1
    ? " and 1 more file"
    : ` and ${more} more files`;
  return `${path}${others} changed`;
}

/**
 * Says that changes restart a process no more, and what to do.
 *
 * @param loop What has happened.
 * @param name What the process is called.
 */
export function loopText({ path, rounds }: Loop, name: string): string {
  return `${name} is no longer restarted when files change, because ${path} ` +
    `changed after each of its last ${rounds} starts: if ${name} writes ` +
    'that file, add it to "watch.ignore"; to watch again, restart the process';
}

/**
 * Says why files cannot be watched, and what to do.
 *
 * @param error What was thrown.
 * @param folders How many folders were to be watched.
 */
export function failureText(error: unknown, folders: number): string {
  const message = error instanceof Error ? error.message : String(error);
  const count = folders === 1 ? "1 folder" : `${folders} folders`;
  if (LIMIT.test(message)) {
    return `the system does not allow to watch ${count} more: raise its limit, ` +
      'as with "sysctl fs.inotify.max_user_watches=524288", or leave out ' +
      'folders with "watch.ignore"';
  }
  if (OPEN.test(message)) {
    return "too many programs of this user watch files: raise the limit, as " +
      'with "sysctl fs.inotify.max_user_instances=1024"';
  }
  return `${count} cannot be watched: ${message}`;
}
