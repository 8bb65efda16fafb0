/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The palette: views, processes and actions by a few letters of their names.
 *
 * @module
 */

import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { Dialog } from "./confirm_dialog.tsx";
import { useKnown } from "./hooks.ts";
import { findItems, type PaletteItem, paletteItems } from "./palette_items.ts";

/** Shows the palette. */
export function Palette() {
  const actions = useActions();
  const processes = useKnown(({ processes }) => processes);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const found = useMemo(
    () => findItems(paletteItems(processes, actions.allowed), typed),
    [processes, typed],
  );
  const at = Math.min(chosen, found.length - 1);
  const pick = (item: PaletteItem | undefined) => {
    if (item === undefined) return;
    actions.close();
    const { does } = item;
    if (does.kind === "go") location.hash = does.link;
    else if (does.kind === "do") actions.request(does.deed);
    else actions.open(does);
  };
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") pick(found[at]);
    else if (step === undefined) return;
    else setChosen((at + step + found.length) % Math.max(1, found.length));
    event.preventDefault();
  };
  return (
    <Dialog title="Go to or do something" unseen kind="palette">
      <input
        class="field palette-field"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
        aria-label="Name of a view, a process or an action"
        placeholder="Name of a view, a process or an action"
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={typed}
        onKeyDown={move}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
      />
      <ul id={id} class="palette-list" role="listbox" aria-label="Found">
        {found.map((item, index) => (
          <Item
            key={item.title}
            id={`${id}-${index}`}
            item={item}
            chosen={index === at}
            pick={() => pick(item)}
          />
        ))}
      </ul>
      {found.length === 0 && (
        <p class="soft palette-none">Nothing is called so.</p>
      )}
    </Dialog>
  );
}

function Item({ id, item, chosen, pick }: {
  id: string;
  item: PaletteItem;
  chosen: boolean;
  pick: () => void;
}) {
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) element.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li
      ref={element}
      id={id}
      class="palette-item"
      role="option"
      aria-selected={chosen}
      onClick={pick}
    >
      <span>{item.title}</span>
      <span class="small palette-group">{item.group}</span>
    </li>
  );
}
