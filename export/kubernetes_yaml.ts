/**
 * The syntax of files of manifests.
 *
 * @module
 */

import { headComment } from "./comment_lines.ts";
import { type YamlObject, yamlText } from "./yaml_text.ts";

/** An object of Kubernetes, and the comments above it. */
export interface Manifest {
  /** The object. */
  readonly object: YamlObject;
  /** Paragraphs. */
  readonly comments: readonly string[];
}

/**
 * Returns the text of a file of manifests.
 *
 * @param manifests The manifests.
 */
export function manifestText(manifests: readonly Manifest[]): string {
  return manifests.map(({ object, comments }) =>
    headComment(comments) + yamlText(object, { flowWidth: 60 })
  ).join("---\n");
}
