/**
 * Answers requests: finds the route, checks the request, and does what the
 * route says.
 *
 * @module
 */

import type { App, Why } from "../plan/mod.ts";
import { describeCommand, type Processman } from "../mod.ts";
import type { Actions } from "./actions.ts";
import { Attachments } from "./attachments.ts";
import type { EventLog } from "./event_log.ts";
import { dependenciesOf } from "./dependencies.ts";
import { processDetails } from "./details.ts";
import { plain } from "./event_words.ts";
import type { RequestHead } from "./http_request.ts";
import type { Answer, Handlers, Incoming } from "./http_exchange.ts";
import { type Measured, METRICS_TYPE, metricsOf } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { Problem } from "./problem.ts";
import type { Sampler, Samples } from "./read_usage.ts";
import {
  type Command,
  commandOf,
  eventsQueryOf,
  logQueryOf,
  type Query,
  queryOf,
} from "./requests.ts";
import type { Roster, Subject } from "./roster.ts";
import { BODY_BYTES, match, type Operation, type Route } from "./routes.ts";
import { OPEN } from "./schemas.ts";
import { type Schedules, withSchedule } from "./schedules.ts";
import { serverSentEvents } from "./sse.ts";
import { usageOf } from "./usage.ts";
import { explainState, viewOf } from "./views.ts";
import type {
  LogSource,
  ProcessDetails,
  ProcessView,
  SupervisorView,
} from "./wire.ts";

/** What requests are answered from. */
export interface Answering {
  /** The manager. */
  readonly pm: Processman;
  /** The plan that runs, if there is one. */
  readonly app: App | undefined;
  /** The processes. */
  readonly roster: Roster;
  /** The events. */
  readonly events: EventLog;
  /** The log. */
  readonly logs: LogSource;
  /** Samples what runs use. */
  readonly sampler: Sampler;
  /** What can be done. */
  readonly actions: Actions;
  /** Returns the supervisor. */
  readonly supervisor: () => SupervisorView;
  /** Returns the labels of an entry. */
  readonly labels: (entry: string) => readonly string[];
  /** When entries run by themselves. */
  readonly schedules: Schedules | undefined;
  /** Returns what is to be said of an entry besides. */
  readonly remark: (entry: string) => string | undefined;
}

/** A request that has been checked. */
interface Request {
  readonly name: string | undefined;
  readonly query: Query;
  readonly body: Command;
  readonly signal: AbortSignal;
}

/** Answers the requests of the control API. */
export class Answers implements Handlers {
  readonly #from: Answering;
  readonly #attachments: Attachments;

  /** Creates the answers. */
  constructor(from: Answering) {
    this.#from = from;
    this.#attachments = new Attachments(from.pm, from.roster);
  }

  /** Returns how many bytes the body of a request may have. */
  limit({ method, path }: RequestHead): number {
    const found = match(method, path);
    return "route" in found ? found.route.bodyBytes ?? 0 : BODY_BYTES;
  }

  /** Describes a refusal. */
  refuse(problem: Problem): Answer {
    return json(problem.view, problem.status);
  }

  /** Answers a request. */
  async answer({ head, body, signal }: Incoming): Promise<Answer> {
    const found = match(head.method, head.path);
    if (!("route" in found)) return this.#refusePath(head, found.methods);
    const { route } = found;
    const request: Request = {
      name: found.name === undefined ? undefined : decoded(found.name),
      query: queryOf(head.query, route.query),
      body: commandOf(body, route.body ?? OPEN),
      signal,
    };
    return await this.#do(route, request);
  }

  #refusePath(
    { method, path }: RequestHead,
    methods: readonly string[],
  ): Answer {
    if (methods.length === 0) {
      const problem = new Problem(
        "not-found",
        `There is no path ${path.slice(0, 200)}; see /openapi.json`,
      );
      return this.refuse(problem);
    }
    const allow = methods.join(", ");
    const problem = new Problem(
      "not-allowed",
      `${path} does not have the method ${method}, but ${allow}`,
    );
    return { ...this.refuse(problem), headers: { allow } };
  }

  async #do({ operation }: Route, request: Request): Promise<Answer> {
    const { supervisor, events, logs, roster } = this.#from;
    const { query, signal } = request;
    switch (operation) {
      case "getSupervisor":
        return json(supervisor());
      case "listProcesses":
        return json(await this.#views(roster.subjects(), query));
      case "getProcess":
        return json((await this.#views([this.#one(request)], query))[0]);
      case "describeProcess":
        return json(this.#details(this.#one(request)));
      case "explainProcess":
        return json(this.#explain(request.name ?? ""));
      case "getMetrics":
        return await this.#metrics();
      case "getOpenApi":
        return json(openApi(supervisor().version));
      case "readLogs": {
        const known = query.name ? await logs.names() : [];
        const items = logs.read(logQueryOf(query, roster, known), signal);
        return serverSentEvents(items);
      }
      case "readEvents": {
        const { after, follow } = eventsQueryOf(query);
        return serverSentEvents(events.read(after, follow, signal));
      }
      case "readOutput":
        return serverSentEvents(
          this.#attachments.read(request.name ?? "", signal),
        );
      default:
        return json(await this.#act(operation, request) ?? {});
    }
  }

  async #act(operation: Operation, request: Request): Promise<unknown> {
    const { actions } = this.#from;
    const { signal } = request;
    const { body, name = "" } = request;
    switch (operation) {
      case "start":
        return await actions.start(body, signal);
      case "stop":
        return await actions.stop(body);
      case "restart":
        return await actions.restart(body, signal);
      case "kill":
        return await actions.kill(body);
      case "signal":
        return actions.signal(body);
      case "write":
        return this.#attachments.write(name, body.data);
      case "resize":
        return this.#attachments.resize(name, body);
      case "scale":
        return await actions.scale(body, signal);
      case "apply":
        return await actions.apply(body, signal);
      case "shutdown":
        return await actions.shutdown(body);
    }
  }

  /** Returns the process that a path names; of replicas, the first. */
  #one({ name = "" }: Request): Subject {
    const found = this.#from.roster.find(name);
    const exact = found.find((each) => each.name === name);
    const [first] = found;
    const one = exact ?? first;
    if (one === undefined) throw new Error("a name without a process");
    return one;
  }

  async #views(
    subjects: readonly Subject[],
    { usage = false }: Query,
  ): Promise<ProcessView[]> {
    const samples = usage ? await this.#sample() : undefined;
    return this.#whys(subjects).map(([subject, why]) =>
      this.#view(subject, why, samples)
    );
  }

  #view(subject: Subject, why: Why, samples?: Samples): ProcessView {
    const { app, roster, labels, pm: { clock } } = this.#from;
    const { name, entry, process } = subject;
    const view = viewOf({
      subject,
      history: roster.history(name),
      why,
      labels: labelsOf(labels, entry),
      dependencies: dependenciesOf(app?.plan, entry, why),
      schedule: this.#from.schedules?.of(entry) ?? null,
      usage: null,
    });
    const pid = process?.pid;
    if (samples === undefined || pid === undefined) return view;
    const age = clock.time() - (view.since ?? clock.time());
    const usage = usageOf(pid, age, samples.now, samples.before);
    return { ...view, usage };
  }

  /** Samples all runs, because clients share the samples. */
  #sample(): Promise<Samples | undefined> {
    const subjects = this.#from.roster.subjects();
    const pids = subjects.flatMap(({ process }) => process?.pid ?? []);
    return this.#from.sampler.sample(pids);
  }

  /** Says why processes are where they are. */
  #whys(subjects: readonly Subject[]): [Subject, Why][] {
    const { app, roster, pm: { clock } } = this.#from;
    // To ask the plan about all of them takes as long as to ask about one.
    const planned = new Map(app?.whys().map((why) => [why.name, why]));
    return subjects.map((subject) => {
      const { name, process } = subject;
      // While the plan changes, it may not know a process yet, or any more.
      const why = subject.planned ? planned.get(name) : undefined;
      const history = roster.history(name);
      const own = why ??
        explainState(name, process?.state, history, clock.time());
      return [subject, this.#remarked(subject, own)];
    });
  }

  /** Adds when a process runs by itself, and what the program remarks. */
  #remarked({ entry }: Subject, why: Why): Why {
    const { remark, schedules, pm: { clock } } = this.#from;
    const schedule = schedules?.of(entry) ?? null;
    const scheduled = withSchedule(why, schedule, clock.time());
    const more = remarkOf(remark, entry);
    if (more === undefined) return scheduled;
    return { ...scheduled, sentence: `${scheduled.sentence}; ${more}` };
  }

  #details(subject: Subject): ProcessDetails {
    const { app, roster, pm } = this.#from;
    const { name, entry, program, args, process } = subject;
    const units = app?.plan.entries.get(entry)?.units ?? [];
    const unit = units.find((each) => each.name === name);
    const description = process?.describe();
    const { answers = {} } = description ?? {};
    const command = description ??
      describeCommand(program, args, unit?.options, pm.defaults);
    const stopped = roster.history(name).stop;
    return processDetails({ name, command, answers, stopped });
  }

  #explain(name: string): Record<string, unknown> {
    const { app, roster } = this.#from;
    const [first] = this.#whys(roster.find(name));
    if (first === undefined) throw new Error("a name without a process");
    const [subject, own] = first;
    // Of replicas, the plan explains the one that is not ready.
    const why = subject.planned ? whyIn(app, name) : undefined;
    return plain(why === undefined ? own : this.#remarked(subject, why));
  }

  async #metrics(): Promise<Answer> {
    const { roster, supervisor } = this.#from;
    const samples = await this.#sample();
    const all = this.#whys(roster.subjects()).map(
      ([subject, why]): Measured => {
        const pid = subject.process?.pid;
        const usage = pid === undefined
          ? undefined
          : samples?.now.runs.get(pid);
        return {
          view: this.#view(subject, why),
          exits: roster.history(subject.name).exits,
          usage: usage ?? null,
        };
      },
    );
    const body = metricsOf(supervisor(), all);
    return { status: 200, type: METRICS_TYPE, body };
  }
}

/** Returns the labels of an entry; none if the program fails to name them. */
function labelsOf(
  labels: Answering["labels"],
  entry: string,
): readonly string[] {
  try {
    return labels(entry).map(String);
  } catch {
    return [];
  }
}

/** Returns a remark; none if the program fails to make it. */
function remarkOf(
  remark: Answering["remark"],
  entry: string,
): string | undefined {
  try {
    return remark(entry);
  } catch {
    return undefined;
  }
}

/**
 * Asks a plan why a process is where it is. While the plan changes, it may not
 * know the process yet, or any more.
 */
function whyIn(app: App | undefined, name: string): Why | undefined {
  try {
    return app?.why(name);
  } catch {
    return undefined;
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Problem("bad-request", "The name in the path is malformed");
  }
}

function json(value: unknown, status = 200): Answer {
  return {
    status,
    type: "application/json",
    body: `${JSON.stringify(value)}\n`,
  };
}
