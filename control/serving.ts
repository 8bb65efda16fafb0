/**
 * What it takes to serve the control API by other means than its socket: the
 * HTTP server, sockets, and the way to a supervisor. This is a door for other rings, not
 * for users.
 *
 * @module
 */

export { requireConnection } from "./connection.ts";
export {
  type Answer,
  type Handlers,
  type Incoming,
  type ServerLimits,
} from "./http_exchange.ts";
export type { RequestHead } from "./http_request.ts";
export { HttpServer } from "./http_server.ts";
export { requireListen } from "./permission.ts";
export { Problem, problemOf } from "./problem.ts";
export { listenAt, removeFile } from "./socket.ts";
export { relay, type RelayedAnswer, type RelayedRequest } from "./relay.ts";
