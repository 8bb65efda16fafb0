/**
 * Replaces variables in a configuration, and prepares what differs from replica
 * to replica.
 *
 * @module
 */

import { type ConfigFaults, spotAt } from "./config_fault.ts";
import { isLiteral, isPath, isPerReplica, isText } from "./config_fields.ts";
import {
  type ConfigNode,
  mapScalars,
  type NodePath,
  type ScalarNode,
} from "./config_node.ts";
import {
  escaped,
  evaluated,
  ExpressionError,
  hasExpression,
  hasReplica,
} from "./expression.ts";
import {
  hasVariable,
  interpolate,
  InterpolationError,
  type Lookup,
} from "./interpolate.ts";
import { dirname, resolve } from "node:path";

/** Replaces the variables of a file, except where texts are literal. */
export function withVariables(
  node: ConfigNode,
  lookup: Lookup,
  faults: ConfigFaults,
): ConfigNode {
  return mapScalars(node, (scalar, path) => {
    const { value } = scalar;
    if (typeof value !== "string" || isLiteral(path)) return scalar;
    if (!hasVariable(value)) return scalar;
    try {
      const replaced = interpolate(value, lookup);
      return { ...scalar, value: replaced, text: replaced, loose: true };
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      faults.add(within(scalar, error.offset), error.message);
      return scalar;
    }
  });
}

/** Returns the place of an offset in a text of one line. */
function within(scalar: ScalarNode, offset: number): ScalarNode["spot"] {
  const { spot, text, value } = scalar;
  const plain = text === value && !text.includes("\n") && spot.line > 0;
  if (!plain) return spot;
  return { ...spot, column: spot.column + spotAt("", text, offset).column - 1 };
}

/** A configuration in two forms. */
export interface Expanded {
  /** As it is to be checked: the expressions have a value. */
  readonly checked: ConfigNode;
  /** As it is to be used: expressions are left, paths are absolute. */
  readonly written: ConfigNode;
}

/** Prepares expressions and paths. */
export function expanded(node: ConfigNode, faults: ConfigFaults): Expanded {
  const written = mapScalars(
    node,
    (scalar, path) => withPath(asText(scalar, path), path),
  );
  const checked = mapScalars(
    written,
    (scalar, path) => valueOf(scalar, path, faults),
  );
  return { checked, written };
}

/** A number in the arguments of a program is taken as it is written. */
function asText(scalar: ScalarNode, path: NodePath): ScalarNode {
  const { value, text } = scalar;
  if (typeof value === "string") {
    return isLiteral(path) && !hasReplica(value)
      ? { ...scalar, value: escaped(value) }
      : scalar;
  }
  return value !== null && isText(path) ? { ...scalar, value: text } : scalar;
}

function withPath(scalar: ScalarNode, path: NodePath): ScalarNode {
  const { value, spot } = scalar;
  if (typeof value !== "string" || value === "" || !isPath(path)) {
    return scalar;
  }
  return { ...scalar, value: resolve(dirname(spot.file), value) };
}

function valueOf(
  scalar: ScalarNode,
  path: NodePath,
  faults: ConfigFaults,
): ScalarNode {
  const { value, spot } = scalar;
  if (typeof value !== "string" || !/\$\[/.test(value)) return scalar;
  if (hasExpression(value) && !isPerReplica(path)) {
    faults.add(
      spot,
      `${
        path.join(".")
      } cannot have an expression such as ${value}: it is the same for all replicas`,
    );
    return scalar;
  }
  try {
    const found = evaluated(value, 1);
    return isText(path)
      ? { ...scalar, value: String(found) }
      : { ...scalar, value: found, loose: true };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    faults.add(spot, error.message);
    return scalar;
  }
}
