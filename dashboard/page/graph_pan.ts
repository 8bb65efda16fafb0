/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Moves the drawing of the graph with the pointer.
 *
 * @module
 */

import type { RefObject } from "preact";
import { useMemo } from "preact/hooks";

/** The listeners of an element that scrolls when its background is dragged. */
export interface Drag {
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(event: PointerEvent): void;
}

/**
 * Returns listeners that scroll an element with the pointer. A touch scrolls by
 * itself.
 */
export function useDrag(ref: RefObject<HTMLElement | null>): Drag {
  return useMemo(() => {
    let last: { readonly x: number; readonly y: number } | undefined;
    return {
      onPointerDown({ button, pointerType, target, clientX, clientY }) {
        if (button !== 0 || pointerType === "touch") return;
        if (target instanceof Element && target.closest("button")) return;
        last = { x: clientX, y: clientY };
      },
      onPointerMove({ buttons, clientX, clientY, pointerId }) {
        const element = ref.current;
        if (last === undefined || element === null) return;
        if (buttons === 0) {
          last = undefined;
          return;
        }
        element.setPointerCapture(pointerId);
        element.scrollBy(last.x - clientX, last.y - clientY);
        last = { x: clientX, y: clientY };
      },
      onPointerUp() {
        last = undefined;
      },
    };
  }, [ref]);
}
