/** The same as `raw.ts`, in a session of its own. @module */

const child = new Deno.Command("/bin/true", {
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
  detached: true,
}).spawn();
const read = async (stream: ReadableStream<Uint8Array>) => {
  for await (const _ of stream);
};
await Promise.all([read(child.stdout), read(child.stderr), child.status]);
