/**
 * What the parts of the schema have in common.
 *
 * @module
 */

import { z } from "zod";

/** A regular expression between slashes. */
const EXPRESSION = /^\/(.+)\/([dgimsuvy]*)$/s;

/** A text that is not empty and that the system can take. */
export const text: z.ZodString = z.string().regex(
  /^[^\0]+$/,
  "a text that is not empty",
);

/** An argument; numbers are taken as they are written. */
export const word: z.ZodUnion<
  readonly [z.ZodString, z.ZodNumber, z.ZodBoolean]
> = z.union([
  z.string().regex(/^[^\0]*$/, "a text without NUL"),
  z.number(),
  z.boolean(),
]);

/** A text, or a regular expression such as `/ready in \\d+ ms/i`. */
const pattern = text.superRefine((value, context) => {
  const [, source, flags] = EXPRESSION.exec(value) ?? [];
  if (source === undefined) return;
  try {
    new RegExp(source, flags);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: "custom", message: `is wrong: ${why}` });
  }
});

type Shape = Readonly<Record<string, z.ZodType>>;

/** What must be in an object. */
export interface StrictOptions<Fields extends Shape> {
  /** The properties that it must have. */
  readonly required?: readonly (keyof Fields & string)[];
  /** The properties of which it can have only one. */
  readonly choices?: readonly string[];
  /** How many of the choices it must have. */
  readonly least?: 0 | 1;
}

/**
 * Returns the schema of an object that can have the given properties and no
 * others. The message for another property is the list of those that it can
 * have, as JSON.
 */
export function strict<const Fields extends Shape>(
  fields: Fields,
  { required = [], choices = [], least = 0 }: StrictOptions<Fields> = {},
): z.ZodObject {
  const names = Object.keys(fields);
  const shape = Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [
      name,
      required.includes(name) ? schema : schema.optional(),
    ]),
  );
  const object = z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys" ? JSON.stringify(names) : undefined,
  });
  if (choices.length === 0) return object;
  return object.superRefine((value, context) => {
    const given = choices.filter((name) => value[name] !== undefined);
    if (given.length >= least && given.length <= 1) return;
    context.addIssue({
      code: "custom",
      message: choiceMessage(choices, given),
      path: given.length === 0 ? [] : [given[1] ?? ""],
    });
  });
}

function choiceMessage(
  choices: readonly string[],
  given: readonly string[],
): string {
  const all = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return given.length === 0
    ? `must have one of ${all}`
    : `cannot be beside ${given[0]}: only one of ${all} is possible`;
}

/** The URL of a server that speaks HTTP. */
export const url: z.ZodString = z.string().regex(
  /^https?:\/\/./,
  "an http: or https: URL",
);

/** The probes, as `ready` and `live` have them. */
export const probe: Readonly<Record<string, z.ZodType>> = {
  http: z.union([
    url,
    strict({
      url: url,
      status: z.union([status(), z.array(status()).min(1)]),
      headers: z.record(z.string(), word),
      caCerts: z.array(text),
    }, { required: ["url"] }),
  ]).describe("A server answers a request."),
  tcp: z.union([
    port(),
    strict({ hostname: text, port: port() }, { required: ["port"] }),
  ]).describe("A server accepts a connection."),
  exec: z.union([
    z.array(word).min(1),
    strict({
      command: z.array(word).min(1),
      cwd: text,
      env: z.record(z.string(), word),
      clearEnv: z.boolean(),
      user: z.union([text, z.int().min(0)]),
    }, { required: ["command"] }),
  ]).describe("A program exits with code 0."),
  line: z.union([
    pattern,
    strict({
      pattern,
      source: z.enum(["stdout", "stderr"]),
    }, { required: ["pattern"] }),
  ]).describe("A line of output contains a text, or matches /…/."),
  file: z.union([
    text,
    strict({ path: text, fresh: z.boolean() }, { required: ["path"] }),
  ]).describe("A file exists."),
  get all() {
    return z.array(z.lazy(() => one)).min(1)
      .describe("All of several probes say yes.");
  },
};

const one: z.ZodType = z.lazy(() =>
  strict(probe, {
    choices: ["http", "tcp", "exec", "line", "file", "all"],
    least: 1,
  }).meta({ id: "probe" })
);

function port(): z.ZodInt {
  return z.int().min(1).max(65_535);
}

function status(): z.ZodInt {
  return z.int().min(100).max(599);
}
