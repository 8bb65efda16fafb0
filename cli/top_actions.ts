/**
 * Does what the keys of `top` ask for.
 *
 * @module
 */

import {
  ConnectionError,
  type ControlClient,
  ControlError,
} from "../control/client.ts";
import type { TopAction } from "./top_state.ts";
import type { TopStore } from "./top_store.ts";

/**
 * Does something, and says on the screen what comes of it.
 *
 * @param client The supervisor.
 * @param store What is shown.
 * @param action What to do.
 * @param signal Ends the wait for it.
 */
export async function perform(
  client: ControlClient,
  store: TopStore,
  action: TopAction,
  signal: AbortSignal,
): Promise<void> {
  const say = (text: string, bad = false) =>
    store.change((state) => ({ ...state, notice: { text, bad } }));
  const [doing, done] = WORDS[action.kind];
  const more = moreOf(action);
  say(`${action.name}: ${doing}${more} …`);
  try {
    await request(client, action, signal);
    say(`${action.name}: ${done}${more}`);
  } catch (error) {
    if (signal.aborted) return;
    const known = error instanceof ControlError ||
      error instanceof ConnectionError;
    if (!known) throw error;
    say(error.message, true);
  }
}

const WORDS: Readonly<Record<TopAction["kind"], readonly [string, string]>> = {
  start: ["starting", "started"],
  stop: ["stopping", "stopped"],
  restart: ["restarting", "restarted"],
  kill: ["killing", "killed"],
  signal: ["sending", "got"],
  scale: ["scaling", "scaled"],
};

function moreOf(action: TopAction): string {
  if (action.kind === "signal") return ` ${action.signal}`;
  return action.kind === "scale" ? ` to ${action.replicas}` : "";
}

function request(
  client: ControlClient,
  action: TopAction,
  signal: AbortSignal,
): Promise<void> {
  const { kind, name } = action;
  const names = [name];
  switch (kind) {
    case "start":
      return client.start({ names, dependencies: "start" }, signal);
    case "stop":
      return client.stop({ names }, signal);
    case "restart":
      return client.restart({ names }, signal);
    case "kill":
      return client.kill({ names }, signal);
    case "signal":
      return client.signal({ names, signal: action.signal }, signal);
    case "scale":
      return client.scale({ name, replicas: action.replicas }, signal);
    default:
      return kind satisfies never;
  }
}
