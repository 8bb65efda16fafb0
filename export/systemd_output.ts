/**
 * Where input comes from and output goes.
 *
 * @module
 */

import type { SubjectReplica } from "./subject.ts";
import type { Say } from "./systemd_ready.ts";
import { cleanPath, linePath } from "./systemd_text.ts";

/**
 * Returns the lines that say where output goes. By default, systemd writes it
 * to the journal, and stderr goes where stdout goes.
 *
 * @param command The command.
 * @param root The folder that relative paths are resolved against.
 * @param say Adds a note.
 */
export function outputLines(
  { stdin, tty, stdout, stderr, output: { file } }: SubjectReplica["command"],
  root: string,
  say: Say,
): string[] {
  if (!tty && (stdin === "piped" || stdin === "inherit")) {
    say("stdin", "the unit reads from /dev/null");
  }
  const place = (
    stream: "path" | "stderr",
    mode: typeof stdout,
  ) => {
    if (mode === "null") return "null";
    const path = file?.[stream] ?? file?.path;
    if (mode !== "piped" || path === undefined) return "journal";
    return appended(path, stream, root, say);
  };
  const out = place("path", stdout);
  const err = place("stderr", stderr);
  if (out !== err || out.startsWith("append:")) noteFile(file, say);
  return [
    ...out === "journal" ? [] : [`StandardOutput=${out}`],
    ...err === out ? [] : [`StandardError=${err}`],
  ];
}

function appended(
  path: string | URL,
  stream: string,
  root: string,
  say: Say,
): string {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const at = cleanPath(text.startsWith("/") ? text : `${root}/${text}`);
  if (at === "/dev/stdout" || at === "/dev/stderr") return "journal";
  const usable = linePath(at);
  if (usable !== undefined) return `append:${usable}`;
  say(
    `output.file.${stream}`,
    `no unit can contain the path ${
      JSON.stringify(at)
    }; the journal gets the output`,
  );
  return "journal";
}

function noteFile(
  file: SubjectReplica["command"]["output"]["file"],
  say: Say,
): void {
  if (file === undefined) return;
  say(
    "output.file.path",
    "the folder must exist, and systemd never rotates the file; use logrotate with copytruncate",
  );
}
