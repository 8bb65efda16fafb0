/**
 * What command lines of other tools need.
 *
 * @module
 */

/** What `bash` understands and `sh` does not. */
const BASH =
  /\[\[|[<>]\(|<<<|&>|\(\(|\$'|\bpipefail\b|(^|[;&|\s])(source|function|declare|shopt|mapfile|readarray)\s|\$\{\w+(\^|,|\/|:\d|\[)|\$RANDOM\b|^\s*\w+=\(/m;

/** Returns whether only `bash` understands a command line, not `sh`. */
export function needsBash(line: string): boolean {
  return BASH.test(line);
}
