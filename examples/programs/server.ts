// deno-lint-ignore-file no-console
/**
 * A small web server. It answers with its process ID; `/crash` ends it, and after
 * `/hang` it answers no more.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/programs/server.ts`.
 *
 * @module
 */

let hangs = false;

Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  console.log("closed");
  Deno.exit();
});

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}/`),
}, ({ url }) => {
  if (hangs) return new Promise<Response>(() => {});
  const { pathname } = new URL(url);
  hangs = pathname === "/hang";
  if (pathname !== "/crash") {
    return new Response(`hello from pid ${Deno.pid}`);
  }
  console.error("asked to crash");
  Deno.exit(1);
});
