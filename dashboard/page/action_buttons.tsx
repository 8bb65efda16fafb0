/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Buttons that do something to processes.
 *
 * @module
 */

import { useActions, useDoings } from "./actions.ts";
import { type Deed, fits, keyOf, verbOf } from "./deeds.ts";
import { useLive } from "./hooks.ts";
import { Menu } from "./menu.tsx";
import type { Action, ProcessView } from "./source.ts";

/** Shows what can be done to a process; nothing if the page is read-only. */
export function ActionButtons({ process }: { process: ProcessView }) {
  const actions = useActions();
  const live = useLive();
  if (!actions.allowed) return null;
  const { name } = process;
  const names = [name];
  const main: Action = fits("start", process) ? "start" : "stop";
  return (
    <div class="bar actions">
      <DeedButton
        deed={{ action: main, names }}
        disabled={!fits(main, process)}
      />
      <DeedButton
        deed={{ action: "restart", names }}
        disabled={!fits("restart", process)}
      />
      <Menu label="More" name={`More for ${name}`} small>
        {[
          {
            title: "Signal…",
            disabled: !live || !fits("signal", process),
            act: () => actions.open({ kind: "signal", names }),
          },
          {
            title: "Kill…",
            disabled: !live || !fits("kill", process),
            danger: true,
            act: () => actions.request({ action: "kill", names }),
          },
        ]}
      </Menu>
    </div>
  );
}

/** A button that does something, once at a time. */
export function DeedButton({ deed, disabled = false, label, title }: {
  deed: Deed;
  disabled?: boolean;
  label?: string;
  title?: string;
}) {
  const actions = useActions();
  const key = keyOf(deed);
  const busy = useDoings(({ pending }) => pending.has(key));
  const off = !useLive() || busy || disabled;
  const verb = label ?? verbOf(deed.action);
  return (
    <button
      type="button"
      class="button button-small"
      aria-label={title ?? `${verb} ${deed.names.join(", ")}`.trim()}
      aria-busy={busy}
      // It keeps the focus while it is busy, unlike with `disabled`.
      aria-disabled={off}
      onClick={() => off || actions.request(deed)}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {verb}
    </button>
  );
}
