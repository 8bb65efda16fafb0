/**
 * The tools of the Model Context Protocol: which there are, what a client is
 * told about them, and what a call is answered with.
 *
 * @module
 */

import * as z from "zod";
import type { Call, Options } from "./call.ts";
import { ACTING } from "./mcp_act.ts";
import { asData, NOTICE } from "./mcp_data.ts";
import { TELLING } from "./mcp_logs.ts";
import { READING, SUPERVISOR } from "./mcp_read.ts";
import { checked, faultOf, type Tool } from "./mcp_tool.ts";
import { rememberedRedactor } from "./mcp_secrets.ts";

/** All tools, in the order in which a client sees them. */
export const TOOLS: readonly Tool[] = [...READING, ...TELLING, ...ACTING];

/** What a client is told about a tool. */
export interface ToolView {
  /** Its name. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** What it does, for a model. */
  readonly description: string;
  /** The JSON Schema of its parameters. */
  readonly inputSchema: { readonly type: "object" };
  /** What it may do. */
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** What a call of a tool is answered with. */
export interface ToolResult {
  readonly [key: string]: unknown;
  /** The answer as JSON in a text, for clients that read nothing else. */
  readonly content: { readonly type: "text"; readonly text: string }[];
  /** The answer. */
  readonly structuredContent: Record<string, unknown>;
  /** Whether the call has failed. */
  readonly isError?: boolean;
}

/** The tools of one server. */
export class Toolbox {
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #call: Call;
  readonly #fixed: boolean;
  readonly #redactor = rememberedRedactor();

  /**
   * Creates a toolbox.
   *
   * @param call The call of the command `mcp`, whose options say what there
   * is. With a supervisor or files, all tools are about that supervisor alone.
   */
  constructor(call: Call) {
    const { options } = call;
    this.#call = call;
    this.#fixed = options.value("supervisor") !== undefined ||
      options.values("file").length > 0;
    const tools = TOOLS.filter(({ acts, everywhere }) =>
      (acts === undefined || options.flag("allow-actions")) &&
      !(everywhere && this.#fixed)
    );
    this.#tools = new Map(tools.map((each) => [each.name, each]));
  }

  /** Lists the tools. */
  list(): ToolView[] {
    return [...this.#tools.values()].map((each) => {
      const { name, title, description, acts } = each;
      const schema = z.toJSONSchema(this.#inputOf(each), { io: "input" });
      return {
        name,
        title,
        description,
        inputSchema: { ...schema, type: "object" },
        annotations: {
          readOnlyHint: acts === undefined,
          destructiveHint: acts?.destructive ?? false,
          idempotentHint: acts?.idempotent ?? true,
          openWorldHint: false,
        },
      };
    });
  }

  /**
   * Calls a tool.
   *
   * @param name Its name.
   * @param input Its parameters.
   * @param signal Aborted when the client no longer waits.
   * @returns The answer; `undefined` if there is no such tool.
   */
  async call(
    name: string,
    input: unknown,
    signal: AbortSignal,
  ): Promise<ToolResult | undefined> {
    const tool = this.#tools.get(name);
    if (tool === undefined) return undefined;
    try {
      const { supervisor, ...own } = checked(
        this.#inputOf(tool),
        input ?? {},
      );
      const call = callFor(
        this.#call,
        typeof supervisor === "string" ? supervisor : undefined,
      );
      const redactor = this.#redactor;
      return resultOf(await tool.run(own, { call, signal, redactor }));
    } catch (error) {
      const fault = faultOf(error, this.#fixed);
      if (fault === undefined) throw error;
      return { ...resultOf({ error: asData(fault) }), isError: true };
    }
  }

  /** Returns the parameters of a tool with those that all tools have. */
  #inputOf({ input, everywhere }: Tool): z.ZodObject {
    return everywhere || this.#fixed
      ? input
      : input.extend({ supervisor: SUPERVISOR });
  }
}

function resultOf(answer: object): ToolResult {
  const structuredContent = { notice: NOTICE, ...answer };
  const text = JSON.stringify(structuredContent);
  return { content: [{ type: "text", text }], structuredContent };
}

/** Returns a call that is about a supervisor, and writes nothing to stdout. */
function callFor(call: Call, supervisor: string | undefined): Call {
  const { options, io } = call;
  const own: Options = {
    flag: (name) => options.flag(name),
    value: (name) =>
      name === "supervisor" ? supervisor ?? options.value(name) : undefined,
    values: (name) => name === "file" ? options.values(name) : [],
    count: () => undefined,
    integer: () => undefined,
    duration: () => undefined,
    time: () => undefined,
  };
  return {
    ...call,
    options: own,
    io: {
      cwd: io.cwd,
      env: (name) => io.env(name),
      now: () => io.now(),
      // stdout belongs to the protocol.
      out: (text) => io.err(text),
      err: (text) => io.err(text),
      terminal: false,
      color: false,
      size: () => undefined,
      signal: io.signal,
    },
  };
}
