/**
 * What the child runs that evaluates a configuration.
 *
 * @module
 */

/**
 * The expressions that give the child its value, for the address of a module
 * and its text, both in quotes.
 */
export const LOADERS = {
  /** The default export of a module. */
  config: (url: string): string =>
    `import(${url}).then((module) => {
      if ("default" in module) return module.default;
      throw "there is no default export: write export default defineConfig({ … })";
    })`,
  /** What Node's `require()` returns, for modules of both kinds. */
  node: (url: string): string =>
    `import("node:module").then(({ createRequire }) => {
      const module = createRequire(${url})(decodeURIComponent(new URL(${url}).pathname));
      return module.default ?? module;
    })`,
  /** An object as JavaScript writes it, such as JSON with comments. */
  object: (_url: string, text: string): string =>
    `(0, eval)("(" + ${text} + "\\n)")`,
} as const;

/**
 * Evaluates something, and writes it as one line of JSON after a marker.
 * `LOAD` is replaced by one of the loaders, and `"MARKER"` by the marker.
 */
export const EVALUATE = `
const { error, ...all } = console;
for (const name of Object.keys(all)) {
  if (!["assert", "clear", "trace", "warn"].includes(name)) console[name] = error;
}
const found = [];
const open = new Set();
// A promise that never resolves is ended by the deadline.
setInterval(() => {}, 1_000_000);
function wrong(path, what) {
  found.push({ path, what });
}
function plain(value, path) {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      return value === Infinity ? "Infinity" : wrong(path, String(value));
    case "function":
      return typeof value.toJSON === "function"
        ? plain(written(value.toJSON()), path)
        : wrong(path, "a function");
    case "object":
      return value === null ? null : object(value, path);
    default:
      return wrong(path, "a " + typeof value);
  }
}
function written(form) {
  if (form === null || typeof form !== "object") return form;
  if (Array.isArray(form.all)) return { all: form.all.map(written) };
  if (form.exec?.program === undefined) return form;
  const { program, args = [], ...options } = form.exec;
  return { exec: { command: [program, ...args], ...options } };
}
function object(value, path) {
  if (value instanceof RegExp) return String(value);
  if (value instanceof URL) {
    return value.protocol === "file:" ? decodeURIComponent(value.pathname) : value.href;
  }
  const prototype = Object.getPrototypeOf(value);
  const known = Array.isArray(value) || prototype === null || prototype === Object.prototype;
  if (!known) return wrong(path, "an object of the class " + value.constructor?.name);
  if (open.has(value)) return wrong(path, "inside of itself");
  open.add(value);
  const copy = Array.isArray(value)
    ? value.map((each, i) => plain(each, [...path, i]))
    : Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, plain(each, [...path, name])]),
    );
  open.delete(value);
  return copy;
}
async function answer() {
  try {
    const given = await (LOAD);
    const value = plain(await (typeof given === "function" ? given() : given), []);
    return found.length > 0 ? { kind: "wrong", found } : { kind: "value", value: value ?? null };
  } catch (error) {
    const lines = String(error instanceof Error ? error.stack ?? error : error).split("\\n");
    const text = lines.filter((line) => !/^ +at .*(\\(ext:|\\$deno\\$stdin)/.test(line)).join("\\n");
    return { kind: "thrown", text };
  }
}
const rest = new TextEncoder().encode("MARKER" + JSON.stringify(await answer()) + "\\n");
for (let at = 0; at < rest.length;) at += Deno.stdout.writeSync(rest.subarray(at));
Deno.exit(0);
`;
