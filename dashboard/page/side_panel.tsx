/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A panel beside a picture, about what was chosen in it.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** What a panel shows. */
interface SidePanelProps {
  /** Its class, and the beginning of the ID of its title. */
  readonly name: string;
  readonly title: ComponentChildren;
  /** What stands beside the title. */
  readonly about?: ComponentChildren;
  /** What was chosen: the focus moves to the panel when it is another one. */
  readonly chosen: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Shows a panel, which Escape closes. */
export function SidePanel(props: SidePanelProps) {
  const { name, title, about, chosen, onClose, children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [chosen]);
  const id = `${name}-title`;
  return (
    <section
      class={`${name} panel`}
      aria-labelledby={id}
      onKeyDown={({ key }) => key === "Escape" && onClose()}
    >
      <div class="bar panel-title">
        <h2 id={id} tabIndex={-1} ref={heading}>{title}</h2>
        {about}
        <button
          type="button"
          class="button button-small button-quiet bar-rest"
          onClick={onClose}
        >
          Close
        </button>
      </div>
      {children}
    </section>
  );
}
