/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Moves the focus among what happened in the time line, by arrow keys.
 *
 * @module
 */

/** Moves the focus if the key asks for that. */
export function moveFocus(event: KeyboardEvent): void {
  const { target, key } = event;
  if (!(target instanceof HTMLElement)) return;
  const row = target.closest("li");
  if (row === null) return;
  const next = itemFor(key, target, row);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function itemFor(
  key: string,
  target: HTMLElement,
  row: HTMLElement,
): HTMLElement | undefined {
  const items = itemsOf(row);
  const place = items.indexOf(target);
  switch (key) {
    case "ArrowLeft":
      return place < 0 ? items.at(-1) : items[place - 1];
    case "ArrowRight":
      return items[place + 1];
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
    case "ArrowUp":
    case "k":
      return beside(target, row, "previousElementSibling");
    case "ArrowDown":
    case "j":
      return beside(target, row, "nextElementSibling");
    default:
      return undefined;
  }
}

/** Returns what is nearest in the lane above or below; its name if it is empty. */
function beside(
  target: HTMLElement,
  row: HTMLElement,
  side: "previousElementSibling" | "nextElementSibling",
): HTMLElement | undefined {
  const other = row[side];
  if (!(other instanceof HTMLElement)) return undefined;
  const name = other.querySelector("a") ?? undefined;
  if (target.dataset["x"] === undefined) return name;
  const distance = (item: HTMLElement) => Math.abs(xOf(item) - xOf(target));
  const [nearest] = itemsOf(other).sort((a, b) => distance(a) - distance(b));
  return nearest ?? name;
}

/** Returns what can be focused in a lane, from left to right. */
function itemsOf(row: Element): HTMLElement[] {
  return Array.from(row.querySelectorAll<HTMLElement>("[data-x]"))
    .sort((a, b) => xOf(a) - xOf(b));
}

function xOf({ dataset }: HTMLElement): number {
  return Number(dataset["x"] ?? 0);
}
