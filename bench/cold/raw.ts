/** What anybody would write: one child, its output drained. @module */

const child = new Deno.Command("/bin/true", {
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
}).spawn();
const read = async (stream: ReadableStream<Uint8Array>) => {
  for await (const _ of stream);
};
await Promise.all([read(child.stdout), read(child.stderr), child.status]);
