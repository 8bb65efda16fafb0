/**
 * The type errors of a plan: what the compiler can find in its entries.
 *
 * @module
 */

import type {
  Condition,
  EachOptions,
  ServiceEntry,
  TaskEntry,
} from "./entry.ts";

/**
 * Turns the faults of entries into type errors: a dependency that is not in the
 * plan or can never fulfil its condition, and an option that does not exist.
 * Entries whose names are not known to the compiler are not checked.
 *
 * @internal
 */
export type CheckedEntries<Entries> = string extends keyof Entries ? unknown : {
  readonly [Name in keyof Entries]:
    & Known<Entries[Name], ShapeOf<Entries[Name]>>
    & CheckedEach<Entries[Name]>
    & CheckedDependencies<Entries, Entries[Name]>;
};

/** Has no value, so that the compiler shows the message. */
export interface Fault<Message extends string> {
  /** What is wrong. */
  readonly fault: Message;
}

type ShapeOf<Entry> = Entry extends { type: "task" } ? TaskEntry : ServiceEntry;

/** Refuses properties that a type does not have, at any depth. */
type Known<Value, Shape> = Value extends Leaf ? unknown : {
  readonly [Name in keyof Value]: Name extends KeyOf<Shape>
    ? Known<Value[Name], At<Shape, Name>>
    : Fault<`The option "${Name & string}" does not exist`>;
};

/** A value without options in it. */
type Leaf =
  | string
  | number
  | boolean
  | null
  | undefined
  | URL
  | readonly unknown[]
  | ((...args: never[]) => unknown);

/** The names of the properties that a type of a union has. */
type KeyOf<Shape> = Shape extends Leaf ? never
  : Shape extends unknown ? keyof Shape
  : never;

/** The type of a property, in all types of a union that have it. */
type At<Shape, Name> = Shape extends unknown
  ? Name extends keyof Shape ? Shape[Name] : never
  : never;

type CheckedEach<Entry> = Entry extends
  { each: (...args: never[]) => infer Own }
  ? [UnknownIn<Own>] extends [never] ? unknown
  : Fault<`The option "${UnknownIn<Own>}" of "each" does not exist`>
  : unknown;

/** The options that `each` cannot return. */
type UnknownIn<Own> = Own extends unknown
  ? Exclude<keyof Own, keyof EachOptions> & string
  : never;

type CheckedDependencies<Entries, Entry> = Entry extends
  { dependsOn: infer Dependencies }
  // Names that are computed are checked at run time alone.
  ? string extends keyof Dependencies ? unknown : {
    readonly dependsOn: {
      readonly [Name in keyof Dependencies]: CheckedDependency<
        Entries,
        Name & string,
        Dependencies[Name]
      >;
    };
  }
  : unknown;

type CheckedDependency<Entries, Name extends string, Dependency> = Name extends
  keyof Entries
  ? [Extract<WhenOf<Dependency>, ConditionOf<Entries[Name]>>] extends [never]
    ? Fault<
      `"${Name}" can never be "${WhenOf<Dependency> & string}": ${ReasonOf<
        Entries[Name],
        WhenOf<Dependency>
      >}`
    >
  : unknown
  : Dependency extends { readonly required: false } ? unknown
  : Fault<`"${Name}" is not in the plan`>;

type WhenOf<Dependency> = Dependency extends { readonly when: infer When }
  ? When
  : Dependency;

/** Why an entry cannot fulfil a condition. */
type ReasonOf<Entry, When> = When extends "completed" ? "it is not a task"
  : Entry extends { readonly type: "task" } ? "it is a task"
  : "it has no probe";

/** The conditions that an entry can fulfil. */
type ConditionOf<Entry> = Entry extends { readonly type: "task" }
  ? Exclude<Condition, "ready">
  : true extends MayHave<Entry, "ready"> ? Exclude<Condition, "completed">
  : Entry extends { each: (...args: never[]) => infer Own }
    ? true extends MayHave<Own, "ready"> ? Exclude<Condition, "completed">
    : "started"
  : "started";

/** Whether a type has a property that can be other than `undefined`. */
type MayHave<Value, Name> = Value extends unknown
  ? Name extends keyof Value
    ? [NonNullable<Value[Name]>] extends [never] ? false : true
  : false
  : never;
