/**
 * Who takes part: everything that could run a child process instead of this
 * project, seen through one interface.
 *
 * @module
 */

/** A child that is started, watched and stopped again. */
export interface Child {
  /** The process ID. */
  readonly pid: number;
  /** Asks it to end; resolves when it has ended, and so has its output. */
  stop(): Promise<unknown>;
}

/** A program that a supervisor with a command line runs. */
export interface Program {
  /** Its name. */
  readonly name: string;
  /** The program and its arguments, without spaces. */
  readonly command: readonly string[];
}

/** The commands of a supervisor that runs in the background. */
export interface CommandLine {
  /** Starts the supervisor and its programs. */
  up(): Promise<unknown>;
  /** Shows the states of all programs. */
  status(): Promise<unknown>;
  /** Returns the process ID of the supervisor. */
  pid(): Promise<number>;
  /** Returns how many lines of the output of a program are on disk. */
  lines(name: string): Promise<number>;
  /** Ends the supervisor and its programs. */
  down(): Promise<unknown>;
}

/** One way to run child processes; what it cannot do is left out. */
export interface Contender {
  /** Runs a program to its end, with both outputs read and thrown away. */
  run?(program: string, args: string[]): Promise<unknown>;
  /** Runs a program again after each end, at once, as long as `again()`. */
  restart?(
    program: string,
    args: string[],
    again: () => boolean,
  ): Promise<unknown>;
  /** Starts a child and reads both of its outputs. */
  start?(program: string, args: string[]): Child;
  /** Stops all children; by default each by itself, all at once. */
  stopAll?(): Promise<unknown>;
  /** Reads stdout to its end and tells how many bytes there were. */
  bytes?(program: string, args: string[]): Promise<number>;
  /** Reads stdout to its end, line by line. */
  lines?(
    program: string,
    args: string[],
    line: (text: string) => void,
  ): Promise<unknown>;
  /**
   * Keeps an idle program running for each port, and connects to each port every
   * ten seconds if it can. The child is the supervisor, which can be this
   * program.
   */
  supervise?(ports: readonly number[]): Promise<Child>;
  /** Runs a command that does nothing. */
  idle?(): Promise<unknown>;
  /** Makes a configuration for the command line of a supervisor. */
  commandLine?(programs: readonly Program[]): Promise<CommandLine>;
}

/** Where a contender is found, and what it runs in. */
export interface Entry {
  /** What it is called in the tables. */
  readonly label: string;
  /** The file that exports it, without its extension. */
  readonly file:
    | "ours"
    | "probed"
    | "raw"
    | "daemons"
    | "tools"
    | "peers/peers"
    | "peers/main";
  /** The name of the export. */
  readonly name: string;
  /** What it runs in. */
  readonly runtime: "deno" | "node" | "go";
}

const deno = (file: Entry["file"]) => (name: string, label: string): Entry => ({
  label,
  file,
  name,
  runtime: "deno",
});
const [raw, ours, peer] = [deno("raw"), deno("ours"), deno("peers/peers")];
const [probed, daemon, tool] = [
  deno("probed"),
  deno("daemons"),
  deno("tools"),
];
const node = (name: string, label: string): Entry => ({
  ...peer(name, label),
  runtime: "node",
});

/** All contenders. */
export const contenders = {
  plain: raw("plain", "Deno.Command"),
  detached: raw("detached", "Deno.Command, detached"),
  setsid: raw("setsid", "Deno.Command, setsid"),
  forAwait: raw("forAwait", "Deno.Command, for await"),
  textStreams: raw("textStreams", "TextDecoderStream, lines"),
  ours: ours("grouped", "processman"),
  oursAlone: ours("alone", "processman, group: false"),
  oursByob: ours("byob", "processman, BYOB 64 KiB"),
  oursUnread: ours("unread", "processman, unread"),
  oursBatches: ours("batches", "processman, batches()"),
  oursProbed: probed("probed", "processman, tcp()"),
  node: peer("node", "node:child_process"),
  nodeDetached: peer("nodeDetached", "node:…, detached"),
  execa: peer("execa", "execa"),
  execaDetached: peer("execaDetached", "execa, detached"),
  dax: peer("dax", "dax"),
  respawn: peer("respawn", "respawn"),
  forever: peer("forever", "forever-monitor"),
  nodeInNode: node("node", "node:… in Node"),
  pm2InNode: node("pm2", "pm2 in Node"),
  monit: daemon("monit", "monit"),
  supervisord: daemon("supervisord", "supervisord, no checks"),
  oursTool: tool("processman", "processman"),
  supervisordTool: tool("supervisord", "supervisord"),
  pm2Tool: tool("pm2", "pm2"),
  eval: tool("nothing", 'deno eval ""'),
  go: { label: "os/exec in Go", file: "peers/main", name: "go", runtime: "go" },
} as const satisfies Record<string, Entry>;

/** The name of a contender. */
export type Name = keyof typeof contenders;
