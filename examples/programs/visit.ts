// deno-lint-ignore-file no-console
/**
 * Visits a web page and prints the response.
 *
 * Run it with `deno run --allow-net=HOST examples/programs/visit.ts URL`.
 *
 * @module
 */

const response = await fetch(Deno.args[0] ?? "");
console.log(`got ${response.status}, "${await response.text()}"`);
