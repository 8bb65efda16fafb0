// deno-lint-ignore-file no-console
/**
 * Accepts connections on a number of ports, and closes them at once:
 * `listeners.ts COUNT` prints the ports as JSON.
 *
 * @module
 */

const ports = Array.from({ length: Number(Deno.args[0]) }, () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  accept(listener);
  return listener.addr.port;
});
console.log(JSON.stringify(ports));

async function accept(listener: Deno.TcpListener): Promise<void> {
  for await (const connection of listener) connection.close();
}
