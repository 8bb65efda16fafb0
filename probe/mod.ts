/**
 * Probes: functions that find out whether a process is ready, or still works.
 * Pass them to a command as the options `ready` and `live`.
 *
 * | Probe               | Says yes if …                                      | Permission                 |
 * | ------------------- | -------------------------------------------------- | -------------------------- |
 * | {@linkcode tcp}     | a server accepts a connection                      | `--allow-net=HOST:PORT`    |
 * | {@linkcode http}    | a server answers a request with an expected status | `--allow-net=HOST:PORT`    |
 * | {@linkcode exec}    | a program exits with code 0                        | `--allow-run`              |
 * | {@linkcode line}    | the process has written a line                     | none                       |
 * | {@linkcode file}    | a file exists                                      | `--allow-read=PATH`        |
 * | {@linkcode all}     | all of several probes say yes                      | those of the probes        |
 *
 * A probe without its permission never prompts: its answer is no, and says what
 * is missing. Nothing is left of a call when it has ended. Each probe has a
 * `name`, and a method `toJSON()` that describes it.
 *
 * @example Ready when a line says so, and alive while a program agrees
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { exec, line } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const worker = pm.command("sh", ["-c", "echo ready; sleep 500"], {
 *   ready: line("ready"),
 *   live: { probe: exec("true"), intervalMs: 5_000 },
 * });
 * await worker.ready;
 * ```
 *
 * @module
 */

export { all } from "./all.ts";
export type { DescribedProbe, ProbeForm } from "./described.ts";
export { exec, type ExecOptions } from "./exec.ts";
export { file, type FileOptions } from "./file.ts";
export { http, type HttpOptions } from "./http.ts";
export { line, type LineOptions } from "./line.ts";
export { tcp, type TcpOptions } from "./tcp.ts";
