/**
 * The same as `../subject.ts`, started from here so that the packages in this
 * folder are found.
 *
 * @module
 */

import "../subject.ts";
