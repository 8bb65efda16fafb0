/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialogs: a question before something ends, the choice of a signal, and
 * the list of shortcuts.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Overlay, useActions, useDoings } from "./actions.ts";
import { listText } from "./format.ts";
import { Palette } from "./palette.tsx";
import { SHORTCUTS } from "./shortcuts.ts";

/** Shows what is open over the page. */
export function Overlays() {
  const overlay = useDoings(({ overlay }) => overlay);
  switch (overlay?.kind) {
    case undefined:
      return null;
    case "question":
      return <Ask {...overlay} />;
    case "signal":
      return <AskSignal names={overlay.names} />;
    case "palette":
      return <Palette />;
    case "help":
      return <Help />;
  }
}

/** A modal dialog; Escape closes it. The focus returns to where it was. */
export function Dialog({ title, unseen = false, children, kind = "" }: {
  title: string;
  unseen?: boolean;
  children: ComponentChildren;
  kind?: string;
}) {
  const actions = useActions();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind}`}
      aria-labelledby={id}
      onClose={() => actions.close()}
      onClick={(event) => event.target === dialog.current && actions.close()}
    >
      <div class="dialog-body">
        <h2 id={id} class={unseen ? "unseen" : ""}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

function Ask({ question, deed }: Extract<Overlay, { kind: "question" }>) {
  const actions = useActions();
  const { title, text, names, confirm } = question;
  return (
    <Dialog title={title}>
      {text.map((each) => <p key={each}>{each}</p>)}
      {names.length > 1 && <Names names={names} />}
      <form
        class="bar dialog-buttons"
        onSubmit={(event) => {
          event.preventDefault();
          actions.confirm(deed);
        }}
      >
        <button type="button" class="button" onClick={() => actions.close()}>
          Cancel
        </button>
        <button type="submit" class="button button-danger" autofocus>
          {confirm}
        </button>
      </form>
    </Dialog>
  );
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <ul class="dialog-names mono" tabIndex={0} aria-label="Processes">
      {names.map((name) => <li key={name}>{name}</li>)}
    </ul>
  );
}

/** The signals that programs know, with what they usually do. */
const SIGNALS: readonly (readonly [string, string])[] = [
  ["SIGHUP", "most servers read their configuration again"],
  ["SIGUSR1", "what it does depends on the program"],
  ["SIGUSR2", "what it does depends on the program"],
  ["SIGINT", "ends the program, like Ctrl-C"],
  ["SIGTERM", "ends the program properly"],
  ["SIGQUIT", "ends the program with a core dump"],
  ["SIGSTOP", "suspends the program"],
  ["SIGCONT", "continues it"],
];

function AskSignal({ names }: { names: readonly string[] }) {
  const actions = useActions();
  const [signal, setSignal] = useState("SIGHUP");
  return (
    <Dialog title={`Send a signal to ${listText(names)}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          actions.confirm({ action: "signal", names, signal });
        }}
      >
        <fieldset class="signals">
          <legend class="unseen">Signal</legend>
          {SIGNALS.map(([name, what], index) => (
            <label key={name}>
              <input
                type="radio"
                name="signal"
                value={name}
                checked={name === signal}
                autofocus={index === 0}
                onChange={() => setSignal(name)}
              />
              <code>{name}</code>
              <span class="soft">{what}</span>
            </label>
          ))}
        </fieldset>
        <p class="soft small">
          If the program ends, its restart policy decides what follows.
        </p>
        <div class="bar dialog-buttons">
          <button type="button" class="button" onClick={() => actions.close()}>
            Cancel
          </button>
          <button type="submit" class="button button-primary">
            Send {signal}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Help() {
  const actions = useActions();
  return (
    <Dialog title="Keyboard shortcuts">
      <dl class="shortcuts">
        {SHORTCUTS.map(({ keys, what }) => (
          <div key={what}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="bar dialog-buttons">
        <button
          type="button"
          class="button"
          autofocus
          onClick={() => actions.close()}
        >
          Close
        </button>
      </div>
    </Dialog>
  );
}
