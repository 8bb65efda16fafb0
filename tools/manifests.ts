/**
 * Reads manifests as Kubernetes does, for the tests of the exports.
 *
 * @module
 */

import { Deployment } from "npm:kubernetes-models@4.5.1/apps/v1/Deployment";
import { Job } from "npm:kubernetes-models@4.5.1/batch/v1/Job";
import { Secret } from "npm:kubernetes-models@4.5.1/v1/Secret";
import { Service } from "npm:kubernetes-models@4.5.1/v1/Service";

/** The objects that the schemas of Kubernetes 1.33 are there for. */
const MODELS: Readonly<Record<string, typeof Model>> = {
  "apps/v1 Deployment": Deployment,
  "batch/v1 Job": Job,
  "v1 Secret": Secret,
  "v1 Service": Service,
};

/** A model of an object. */
declare const Model: {
  readonly prototype: { validate(): void };
};

/**
 * Returns what the schema of Kubernetes finds wrong with an object. As
 * `kubectl` does, it refuses keys that the schema does not have.
 *
 * @param object The object.
 */
export function faultsOf(object: unknown): string[] {
  const { apiVersion, kind } = Object(object);
  const model = MODELS[`${apiVersion} ${kind}`];
  if (model === undefined) return [`there is no ${apiVersion} ${kind}`];
  const unread = new Set<string>();
  try {
    model.prototype.validate.call(watched(object, "", unread));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return [...unread].map((path) => `${path}: there is no such key`);
}

/**
 * Returns an object that notes which of its keys are never read. A schema reads
 * every key that it has, and only those.
 */
function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const children = new Map<PropertyKey, unknown>();
  for (const [key, child] of Object.entries(value)) {
    unread.add(`${path}.${key}`);
    children.set(key, watched(child, `${path}.${key}`, unread));
  }
  return new Proxy(value, {
    get(target, key, receiver) {
      unread.delete(`${path}.${String(key)}`);
      return children.has(key)
        ? children.get(key)
        : Reflect.get(target, key, receiver);
    },
  });
}

/**
 * Replaces references to variables as the reference of the API says of `args`
 * and `value`: `$(NAME)` is the value of a variable; it stays if there is none;
 * `$$` is `$`, and nothing that follows it is a reference.
 *
 * The kubelet reads bytes, and puts the byte after any other `$` into the text
 * as if it was a letter of Latin-1.
 *
 * @param text The text.
 * @param env The variables.
 */
export function expanded(
  text: string,
  env: Readonly<Record<string, string>>,
): string {
  const bytes = Array.from(
    new TextEncoder().encode(text),
    (byte) => String.fromCharCode(byte),
  ).join("");
  const result = bytes.replaceAll(
    /\$(?:\$|\(([^)]*)\)|\(|([^]))/g,
    (all, name?: string, other?: string) => {
      if (all === "$$") return "$";
      if (name !== undefined) return latin(env[name] ?? all);
      return other === undefined ? all : `$${latin(other)}`;
    },
  );
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    Uint8Array.from(result, (char) => char.charCodeAt(0)),
  );
}

/** Returns the bytes of a text, as characters. */
function latin(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
