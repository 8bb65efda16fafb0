/**
 * `Deno.Command` by itself: the floor.
 *
 * @module
 */

import type { Child, Contender } from "./contender.ts";

type Wrap = (
  program: string,
  args: string[],
) => [program: string, options: Deno.CommandOptions];

/** Without a process group of its own: no stop reaches grandchildren. */
export const plain: Contender = {
  ...raw(1, (program, args) => [program, { args }]),
  // deno-lint-ignore require-await
  async supervise(ports) {
    const children = ports.map((port) => {
      setInterval(() => connect(port), 10_000);
      return plain.start?.("sleep", ["500"]);
    });
    const stop = () => Promise.all(children.map((child) => child?.stop()));
    return { pid: Deno.pid, stop };
  },
};

/** In a session of its own, which makes Deno fork. */
export const detached: Contender = raw(-1, (program, args) => [
  program,
  { args, detached: true },
]);

/** In a session of its own, by one more `exec` in the child. */
export const setsid: Contender = raw(-1, (program, args) => [
  "setsid",
  { args: [program, ...args] },
]);

/** Reads as most programs do. */
export const forAwait: Contender = {
  async bytes(program, args) {
    const child = spawn(program, { args });
    const rest = drain(child.stderr);
    let bytes = 0;
    for await (const chunk of child.stdout) bytes += chunk.length;
    await Promise.all([rest, child.status]);
    return bytes;
  },
};

/** Splits by a transform stream, as `TextLineStream` of `@std/streams` is. */
export const textStreams: Contender = {
  async lines(program, args, line) {
    const child = spawn(program, { args });
    const rest = drain(child.stderr);
    let kept = "";
    const splitter = new TransformStream<string, string>({
      transform(text, controller) {
        const lines = (kept + text).split(/\r?\n/);
        kept = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        if (kept !== "") controller.enqueue(kept);
      },
    });
    const lines = child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(splitter);
    for await (const text of lines) line(text);
    await Promise.all([rest, child.status]);
  },
};

/** Makes a contender; `target` times the process ID is whom to signal. */
function raw(target: 1 | -1, wrap: Wrap): Contender {
  const start = (program: string, args: string[]) => {
    const child = spawn(...wrap(program, args));
    const ended = Promise.all([
      child.status,
      drain(child.stdout),
      drain(child.stderr),
    ]);
    return { child, ended };
  };
  const run = (program: string, args: string[]) => start(program, args).ended;
  return {
    run,
    async restart(program, args, again) {
      do await run(program, args); while (again());
    },
    start(program, args): Child {
      const { child, ended } = start(program, args);
      return {
        pid: child.pid,
        stop() {
          try {
            Deno.kill(target * child.pid, "SIGTERM");
          } catch {
            // `setsid` has not made the group yet.
            child.kill("SIGTERM");
          }
          return ended;
        },
      };
    },
    async bytes(program, args) {
      const child = spawn(...wrap(program, args));
      const [bytes] = await Promise.all([
        drain(child.stdout, 16_384),
        drain(child.stderr),
        child.status,
      ]);
      return bytes;
    },
    /** What one would write by hand if nothing but speed mattered. */
    async lines(program, args, line) {
      const child = spawn(...wrap(program, args));
      const rest = drain(child.stderr);
      const decoder = new TextDecoder();
      let kept = "";
      for await (const chunk of child.stdout) {
        const text = kept + decoder.decode(chunk, { stream: true });
        let start = 0;
        let end: number;
        while ((end = text.indexOf("\n", start)) !== -1) {
          line(text.slice(start, end));
          start = end + 1;
        }
        kept = text.slice(start);
      }
      if (kept !== "") line(kept);
      await Promise.all([rest, child.status]);
    },
  };
}

function spawn(
  program: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  return new Deno.Command(program, {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).spawn();
}

/** Connects to a port, and ends the connection. */
async function connect(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.close();
}

/** Reads a stream to its end, a little at a time, and counts the bytes. */
async function drain(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  size = 1_024,
): Promise<number> {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(size);
  let bytes = 0;
  while (true) {
    const { value } = await reader.read(new Uint8Array(buffer));
    if (value === undefined || value.length === 0) return bytes;
    bytes += value.length;
    buffer = value.buffer;
  }
}
