/**
 * Reads from the source text of a module what the module imports, which globals
 * it uses, and which state it keeps. Deno itself parses the text, as for a
 * plugin of `deno lint`, so that comments and strings are told apart from code.
 * Deno offers this only in tests.
 *
 * @module
 */

/** Something in a module, and the line it is in. */
export interface Fact {
  /** What it is: a specifier, a dotted name such as `Deno.kill`, or a name. */
  readonly name: string;
  /** The line, counted from 1. */
  readonly line: number;
}

/** A function of a module. */
export interface FunctionFact extends Fact {
  /** How many lines it takes, with its signature but without its comment. */
  readonly lines: number;
  /** Whether the comment before it gives a reason for its length. */
  readonly reason: boolean;
}

/** What the architecture test asks about a module. */
export interface ModuleFacts {
  /** How many lines the file has. */
  readonly lines: number;
  /** Imports and re-exports: static ones, dynamic ones and those of types. */
  readonly imports: readonly Fact[];
  /** Global names that the code uses, such as `Deno.kill` or `setTimeout`. */
  readonly globals: readonly Fact[];
  /** All functions, methods and arrow functions. */
  readonly functions: readonly FunctionFact[];
  /** Top-level variables and static fields that change after the import. */
  readonly state: readonly Fact[];
}

type Node = Extract<Deno.lint.Node, { parent: Deno.lint.Node }>;
type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** The methods that change an array, a map or a set. */
const CHANGING = new Set(
  "set add delete clear push pop shift unshift splice sort reverse fill"
    .split(" "),
);

/** Reads the facts about a module. */
// Long: it has a few lines for each kind of node.
export function readModule(path: string, text: string): ModuleFacts {
  const rows = text.split("\n");
  const imports: Fact[] = [];
  const globals: Fact[] = [];
  const functions: FunctionFact[] = [];
  const state: Fact[] = [];
  const constants: Fact[] = [];
  const changed = new Set<string>();

  const lineOf = ({ range: [start] }: Node) =>
    text.slice(0, start).split("\n").length;
  const addImport = (node: { source: Node | null } & Node) => {
    if (node.source?.type !== "Literal") return;
    imports.push({ name: String(node.source.value), line: lineOf(node) });
  };
  const addFunction = (node: FunctionNode) => {
    const line = lineOf(node);
    functions.push({
      name: nameOf(node),
      line,
      lines: text.slice(...node.range).split("\n").length,
      reason: reasonBefore(rows, line),
    });
  };
  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration: addImport,
    ExportAllDeclaration: addImport,
    ExportNamedDeclaration: addImport,
    ImportExpression: addImport,
    TSImportType(node) {
      const { argument } = node;
      if (argument.type !== "TSLiteralType") return;
      if (argument.literal.type !== "Literal") return;
      imports.push({
        name: String(argument.literal.value),
        line: lineOf(node),
      });
    },
    Identifier(node) {
      if (!isValue(node)) return;
      const { name, whole } = dottedName(node);
      if (isChange(whole)) changed.add(node.name);
      const line = lineOf(node);
      if (name === "Date" && isMadeOfTime(whole.parent)) return;
      const taken = takenFrom(whole).map((key) => `${name}.${key}`);
      for (const each of taken.length > 0 ? taken : [name]) {
        const global = each.replace(/^globalThis\./, "");
        globals.push({ name: global, line });
      }
    },
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
    VariableDeclaration(node) {
      if (!/^(Program|ExportNamed)/.test(node.parent.type)) return;
      const found = node.kind === "const" ? constants : state;
      for (const { id } of node.declarations) {
        const name = id.type === "Identifier" ? id.name : "(a pattern)";
        found.push({ name, line: lineOf(node) });
      }
    },
    PropertyDefinition(node) {
      if (!node.static || node.readonly) return;
      state.push({ name: keyOf(node.key), line: lineOf(node) });
    },
  };
  Deno.lint.runPlugin(
    { name: "facts", rules: { facts: { create: () => visitor } } },
    path,
    text,
  );
  state.push(...constants.filter(({ name }) => changed.has(name)));
  return { lines: rows.length - 1, imports, globals, functions, state };
}

/** Whether a name stands for a value, rather than for a key or a type. */
function isValue(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "ExportAllDeclaration":
      return false;
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
      return true;
    default:
      if (parent.type.startsWith("TS")) return false;
      return !("key" in parent && parent.key === node) ||
        ("computed" in parent && parent.computed);
  }
}

/** Returns the longest dotted name that begins with a name, and its node. */
function dottedName(
  node: Deno.lint.Identifier,
): { name: string; whole: Node } {
  let { name } = node;
  let whole: Node = node;
  while (true) {
    const parent: Deno.lint.Node = whole.parent;
    if (parent.type === "MemberExpression" && parent.object === whole) {
      name += `.${keyOf(parent.property, parent.computed)}`;
      whole = parent;
    } else if (
      parent.type === "TSNonNullExpression" || parent.type === "ChainExpression"
    ) {
      whole = parent;
    } else return { name, whole };
  }
}

/** Returns the names that a destructuring takes from a value. */
function takenFrom(value: Node): string[] {
  const { parent } = value;
  if (parent.type !== "VariableDeclarator" || parent.init !== value) return [];
  if (parent.id.type !== "ObjectPattern") return [];
  const { properties } = parent.id;
  return properties.map((property) =>
    property.type === "Property" ? keyOf(property.key, property.computed) : "*"
  );
}

/** Whether the code around a value changes it. */
function isChange(value: Node): boolean {
  const { parent } = value;
  switch (parent.type) {
    case "AssignmentExpression":
      return parent.left === value;
    case "UpdateExpression":
      return true;
    case "UnaryExpression":
      return parent.operator === "delete";
    case "CallExpression":
      return parent.callee === value && value.type === "MemberExpression" &&
        CHANGING.has(keyOf(value.property, value.computed));
    default:
      return false;
  }
}

/** Whether a date is created from a given time, which reads no clock. */
function isMadeOfTime(node: Deno.lint.Node): boolean {
  return node.type === "NewExpression" && node.arguments.length > 0;
}

/** Returns the name of a property; `*` if it is computed at run time. */
function keyOf(key: Node, computed = false): string {
  if (key.type === "Literal") return String(key.value);
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Identifier" && !computed ? key.name : "*";
}

function nameOf(node: FunctionNode): string {
  if ("id" in node && node.id) return `${node.id.name}()`;
  const { parent } = node;
  // Deno's nodes have all keys, most of them `undefined`.
  if ("key" in parent && parent.key) return `${keyOf(parent.key)}()`;
  if (parent.type === "VariableDeclarator" && parent.id.type === "Identifier") {
    return `${parent.id.name}()`;
  }
  return "a function";
}

/** Whether the comment that ends above a line has a line `Long: REASON`. */
function reasonBefore(rows: readonly string[], line: number): boolean {
  for (let at = line - 2; /^\s*(\/\/|\/?\*)/.test(rows[at] ?? ""); at--) {
    if (/^\s*(\/\/|\/?\*+) Long: \S/.test(rows[at] ?? "")) return true;
  }
  return false;
}
