/**
 * States of `top` for tests, and keys that are pressed in them.
 *
 * @module
 */

import type { LogLine, ProcessView } from "../control/client.ts";
import type { Key } from "../cli/keys.ts";
import { pressTop } from "../cli/top_press.ts";
import { opened } from "../cli/top_log.ts";
import { firstState, type TopState } from "../cli/top_state.ts";
import { view } from "./fake_supervisor.ts";

/** The time of all tests. */
export const NOW = Date.UTC(2026, 2, 1, 12);

/** Returns a state with processes. */
export function topState(
  processes: readonly ProcessView[],
  changes: Partial<TopState> = {},
): TopState {
  const first = firstState({
    size: { columns: 80, rows: 24 },
    color: true,
    supervisor: {
      name: "shop",
      pid: 1,
      version: "1.0.0",
      startedAt: NOW - 60_000,
      config: null,
      source: null,
      cwd: "/shop",
      logs: null,
      log: null,
      metrics: null,
      plan: true,
      canApply: true,
    },
    processes,
  });
  return { ...first, log: opened([], { atStart: true }), ...changes };
}

/** Returns processes of which each needs the one before it. */
export function chain(count: number): ProcessView[] {
  return Array.from({ length: count }, (_, index) =>
    view(`p${index}`, {
      since: NOW - 300_000,
      dependencies: index === 0 ? [] : [{
        name: `p${index - 1}`,
        when: "ready",
        restart: "always",
        required: true,
        awaited: false,
      }],
    }));
}

/** Returns a line of the process `p0`. */
export function logLine(seq: number, text = `line ${seq}`): LogLine & {
  readonly kind: "line";
} {
  return {
    kind: "line",
    seq,
    process: "p0",
    time: NOW + seq,
    source: "stdout",
    run: 1,
    text,
    truncated: false,
  };
}

/**
 * Presses keys: texts as they are, and others in angle brackets: `<enter>`,
 * `<page up>`.
 */
export function pressAll(state: TopState, keys: string) {
  let pressed: ReturnType<typeof pressTop> = { state };
  for (const [piece] of keys.matchAll(/<[\w ]+>|[^<]/gu)) {
    pressed = pressTop(pressed.state, keyOf(piece));
  }
  return pressed;
}

function keyOf(piece: string): Key {
  if (!piece.startsWith("<")) return { kind: "text", text: piece };
  const name = piece.slice(1, -1);
  const kinds = ["enter", "escape", "tab", "backspace", "clear", "redraw"];
  return kinds.includes(name)
    ? { kind: name } as Key
    : { kind: "move", to: name } as Key;
}
