/** Stand-in for the parts of `@std/async` that this project uses. @module */

export * from "./abortable.ts";
export * from "./deadline.ts";
export * from "./delay.ts";
