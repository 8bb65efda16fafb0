/**
 * Components that are only rendered when their properties change.
 *
 * @module
 */

import { Component, type ComponentChild, h } from "preact";

/**
 * Returns a component that is rendered only if a property is another one.
 *
 * @param render The component.
 * @param same Whether it would show the same for two sets of properties.
 */
export function memo<Props extends object>(
  render: (props: Props) => ComponentChild,
  same: (before: Props, after: Props) => boolean = isEqual,
): (props: Props) => ComponentChild {
  class Memo extends Component<{ given: Props }> {
    override shouldComponentUpdate(next: { given: Props }): boolean {
      return !same(this.props.given, next.given);
    }
    override render({ given }: { given: Props }): ComponentChild {
      return h(render, given);
    }
  }
  return (props) => h(Memo, { given: props });
}

/** Whether two objects have the same values under the same names. */
export function isEqual(a: object, b: object): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) =>
      Object.is(Reflect.get(a, name), Reflect.get(b, name))
    );
}
