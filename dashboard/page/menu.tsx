/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A button that opens a menu.
 *
 * @module
 */

import { useEffect, useId, useRef, useState } from "preact/hooks";

/** Something in a menu. */
export interface MenuItem {
  readonly title: string;
  readonly disabled?: boolean;
  /** Whether it ends something. */
  readonly danger?: boolean;
  readonly act: () => void;
}

/** Shows a button that opens a menu. */
export function Menu({ label, name, small = false, children }: {
  label: string;
  name: string;
  small?: boolean;
  children: readonly MenuItem[];
}) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`button ${small ? "button-small" : ""}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={name}
        onClick={() => setOpen(!open)}
      >
        {label}
        <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <Items
          id={id}
          name={name}
          items={children}
          beside={button.current}
          close={close}
        />
      )}
    </>
  );
}

function Items({ id, name, items, beside, close }: {
  id: string;
  name: string;
  items: readonly MenuItem[];
  beside: HTMLElement | null;
  close: () => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const menu = list.current;
    if (menu === null) return;
    // The top layer is not cut by what scrolls around the button.
    menu.showPopover();
    if (beside !== null) place(menu, beside);
    itemsIn(menu)[0]?.focus();
    const look = (event: ToggleEvent) => event.newState === "closed" && close();
    menu.addEventListener("toggle", look);
    return () => menu.removeEventListener("toggle", look);
  }, []);
  const move = (event: KeyboardEvent) => {
    const all = itemsIn(list.current);
    const at = all.findIndex((each) => each === document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    if (event.key === "Tab") return close();
    if (!Object.hasOwn(next, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const [, to = 0] =
      Object.entries(next).find(([key]) => key === event.key) ??
        [];
    all.at(to % all.length)?.focus();
  };
  return (
    <div
      ref={list}
      id={id}
      class="menu"
      role="menu"
      aria-label={name}
      popover="auto"
      onKeyDown={move}
    >
      {items.map(({ title, disabled = false, danger = false, act }) => (
        <button
          key={title}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={`menu-item ${danger ? "menu-danger" : ""}`}
          aria-disabled={disabled}
          onClick={() => {
            if (disabled) return;
            close();
            act();
          }}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function itemsIn(menu: HTMLElement | null): HTMLElement[] {
  return [...menu?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? []];
}

/** Puts a menu below an element, or above it if there is no room. */
function place(menu: HTMLElement, beside: HTMLElement): void {
  const { left, right, top, bottom } = beside.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const x = left + width > innerWidth - 8 ? right - width : left;
  const y = bottom + height > innerHeight - 8 ? top - height - 4 : bottom + 4;
  menu.style.left = `${Math.max(8, x)}px`;
  menu.style.top = `${Math.max(8, y)}px`;
}
