/**
 * Connects to a port, and leaves no connection behind if that is aborted.
 *
 * @module
 */

/** How many turns of the event loop a connection gets after an abort. */
const TURNS = 3;

/** How many promises can lie between the result of Deno and ours. */
const STEPS = 30;

/**
 * Connects to a port.
 *
 * Deno loses an open connection if `signal` is aborted just after the system
 * has opened it. So a connection that is being opened first gets some turns of
 * the event loop to come to its end; only one that hangs is aborted.
 *
 * @param options Where to connect to.
 * @param signal Aborts the connection.
 * @returns The connection, even if the signal has been aborted in the meantime.
 * @throws What `Deno.connect()` throws.
 */
export async function connect(
  options: Deno.ConnectOptions,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const cancel = new AbortController();
  let settled = false;
  let cancelling: Promise<void> | undefined;
  const onAbort = () => cancelling = cancelUnless(() => settled, cancel);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Deno.connect({ ...options, signal: cancel.signal });
  } finally {
    settled = true;
    signal.removeEventListener("abort", onAbort);
    await cancelling;
  }
}

/** Aborts after some turns of the event loop, unless it is too late by then. */
async function cancelUnless(
  settled: () => boolean,
  cancel: AbortController,
): Promise<void> {
  for (let i = 0; i < TURNS && !settled(); i++) await nextTurn();
  // The connection can have been opened in this same turn.
  for (let i = 0; i < STEPS; i++) await undefined;
  if (!settled()) cancel.abort();
}

/** Resolves in the next turn of the event loop. */
async function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const { promise, resolve } = Promise.withResolvers<void>();
  port1.onmessage = () => resolve();
  port2.postMessage(undefined);
  await promise;
  port1.close();
  port2.close();
}
