/**
 * A tool of the Model Context Protocol: what it is told, and how it fails.
 *
 * @module
 */

import * as z from "zod";
import {
  ConnectionError,
  ControlError,
  PlaceError,
} from "../control/client.ts";
import { type Call, CliError, STATUS } from "./call.ts";
import { ConfigError } from "./config_fault.ts";
import type { RedactorOf } from "./mcp_secrets.ts";
import { UnknownNameError } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import { timeOf } from "./values.ts";

/** What a tool gets besides its parameters. */
export interface Around {
  /** The call of the command `mcp`, for the supervisor that is asked for. */
  readonly call: Call;
  /** Aborted when the client no longer waits for the answer. */
  readonly signal: AbortSignal;
  /** Returns what replaces secrets. */
  readonly redactor: RedactorOf;
}

/** What is fixed about a tool. */
interface ToolFacts {
  /** Its name. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** What it does, for a model. */
  readonly description: string;
  /** What it may do; nothing if it only reads. */
  readonly acts?: {
    /** Whether it can end what runs. */
    readonly destructive: boolean;
    /** Whether a second call with the same parameters changes nothing more. */
    readonly idempotent: boolean;
  };
  /** Whether it is about all supervisors. */
  readonly everywhere?: boolean;
}

/** A tool. */
export interface Tool extends ToolFacts {
  /** Its parameters. */
  readonly input: z.ZodObject;
  /** Runs it; resolves to the answer. */
  run(input: unknown, around: Around): Promise<object>;
}

/** Creates a tool, whose parameters have the types of their schema. */
export function tool<Shape extends z.ZodRawShape>(
  facts: ToolFacts,
  shape: Shape,
  run: (
    input: z.infer<z.ZodObject<Shape>>,
    around: Around,
  ) => Promise<object>,
): Tool {
  const input = z.strictObject(shape);
  return {
    ...facts,
    input,
    run: (value, around) => run(input.parse(value), around),
  };
}

/** The parameters of a call are wrong. */
class WrongInputError extends Error {
  override readonly name = "WrongInputError";
}

/**
 * Checks the parameters of a call.
 *
 * @throws {WrongInputError} With all that is wrong with them.
 */
export function checked(
  schema: z.ZodObject,
  input: unknown,
): Record<string, unknown> {
  const { data, error } = schema.safeParse(input);
  if (error === undefined) return data;
  const all = Object.keys(schema.shape);
  const texts = error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") {
      const { path, message } = issue;
      return `${path.join(".") || "parameters"}: ${message}`;
    }
    return issue.keys.map((key) =>
      `there is no parameter "${key}"${
        didYouMean(key, all) || `: there are ${all.join(", ") || "none"}`
      }`
    );
  });
  throw new WrongInputError(texts.join("\n"));
}

/** Names of processes. */
export const NAMES = z.array(z.string().min(1)).describe(
  "Names of processes (api.2) or entries (api), patterns (api.*), or " +
    "profiles (@web).",
);

/** Where to go on. */
export const CURSOR = z.string().optional().describe(
  "The cursor of the answer before, to read what it left out.",
);

/** A time as the command line takes it. */
export const TIME = z.string().refine(
  (text) => timeOf(text, 0) !== undefined,
  { error: "expected a time such as 10m (ago) or 2026-03-01T12:00" },
).optional();

/** What went wrong, in a word for programs. */
export type Fault =
  | ControlError["code"]
  | "no-supervisor"
  | "no-answer"
  | "bad-configuration";

/**
 * Returns what went wrong; `undefined` for a mistake of the tool.
 *
 * @param error What was thrown.
 * @param fixed Whether all tools are about one supervisor.
 */
export function faultOf(
  error: unknown,
  fixed: boolean,
): { code: Fault; message: string; advice?: string } | undefined {
  if (error instanceof WrongInputError) {
    return { code: "bad-request", message: error.message };
  }
  if (error instanceof ControlError) {
    const { code, message } = error;
    return code === "not-ready" ? { code, message, advice: LATE } : {
      code,
      message,
    };
  }
  if (error instanceof ConfigError) {
    return { code: "bad-configuration", message: error.message };
  }
  if (error instanceof ConnectionError || error instanceof PlaceError) {
    return { code: "no-answer", message: error.message };
  }
  if (!(error instanceof CliError)) return undefined;
  if (error instanceof UnknownNameError) {
    return { code: "not-found", message: error.message };
  }
  const { message, status } = error;
  if (status === STATUS.noSupervisor) {
    return {
      code: "no-supervisor",
      message,
      advice: fixed ? ABSENT : ABSENT + OTHERS,
    };
  }
  const code = status === STATUS.usage ? "bad-request" : "failed";
  return { code, message };
}

const ABSENT =
  'Nothing can be asked before a supervisor runs: "processman up -d" in the ' +
  "folder of the configuration starts one. Then call this tool again; no " +
  'reconnection is needed. The tool "logs" can read what the last supervisor ' +
  "left on disk.";

const OTHERS = ' The parameter "supervisor" chooses one that runs: the tool ' +
  '"supervisors" lists them.';

const LATE = 'The processes go on starting. The tool "why" says what they ' +
  "wait for.";
