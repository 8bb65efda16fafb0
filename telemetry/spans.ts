/**
 * The spans of what a manager does.
 *
 * @module
 */

import {
  type Attributes,
  type Context,
  context,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type {
  ComingRun,
  ExitEvent,
  FailedStart,
  LeftoversEvent,
  ProbeCall,
  ProcessEvent,
  RestartEvent,
} from "../mod.ts";
import {
  ATTRIBUTE,
  decisionAttributes,
  exitAttributes,
  exitReason,
  exitText,
  fileName,
  findingAttributes,
  lastOf,
  probeAttributes,
  SPAN,
  SPAN_EVENT,
  totalMs,
} from "./attributes.ts";
import { type ExactTime, hrTime } from "./exact_time.ts";
import {
  addSteps,
  fail,
  type LivingProcess,
  type OpenLife,
  type OpenSpan,
  over,
} from "./open_life.ts";

/** What a probe has answered. */
export interface ProbeReply {
  /** Whether it was yes. */
  readonly ok: boolean;
  /** Why it was no, if the probe said so. */
  readonly reason?: string | undefined;
}

/** An event in the life of a process. */
type LifeEvent = Exclude<
  ProcessEvent,
  { kind: "signal" | "lost" | "leftovers" | "hook" }
>;

/** Options for {@linkcode Spans}. */
export interface SpansOptions {
  /** Whether spans have the arguments of programs. */
  readonly args: boolean;
  /** Returns the process with a name. */
  process(name: string): LivingProcess | undefined;
}

/**
 * How many runs that have ended are remembered, for what comes after their end:
 * their last lines, and the end of what they left behind.
 */
const ENDED_RUNS = 100;

/** Makes the spans of what a manager does. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #time: ExactTime;
  readonly #options: SpansOptions;
  readonly #lives = new Map<string, OpenLife>();
  /** The contexts of the last runs that have ended, the newest last. */
  readonly #ended = new Map<string, Context>();

  /** Creates an object that makes spans with a tracer. */
  constructor(tracer: Tracer, time: ExactTime, options: SpansOptions) {
    this.#tracer = tracer;
    this.#time = time;
    this.#options = options;
  }

  /**
   * Begins the span of a run; returns the context for its child.
   *
   * @param coming The run.
   * @param ageMs How long it has been alive, in milliseconds.
   */
  begin({ name, run, program, args }: ComingRun, ageMs: number = 0): Context {
    const startedAt = this.#time.at(this.#time.ticks() - ageMs);
    const life = this.#life(name, run, startedAt);
    this.#endWait(life, startedAt);
    const file = { [ATTRIBUTE.executable]: fileName(program) };
    life.span.setAttributes(file);
    life.runs++;
    life.error = undefined;
    life.over = false;
    const begun = this.#start(SPAN.run, life, startedAt, {
      [ATTRIBUTE.run]: run,
      ...file,
      ...this.#options.args && { [ATTRIBUTE.args]: [...args] },
    });
    life.run = {
      number: run,
      pid: undefined,
      ...begun,
      // The child starts now: a tracer can take its time.
      ticks: this.#time.ticks() - ageMs,
      until: startedAt,
      probes: new Set(),
    };
    return begun.context;
  }

  /** Ends the span of a run whose child could not be started. */
  failed({ name, error }: FailedStart): void {
    const life = this.#lives.get(name);
    if (life?.run === undefined) return;
    life.error = error;
    life.told = true;
    fail(life.run.span, error);
    this.#endRun(life, this.#time.now());
  }

  /** Begins the span of a call of a probe. */
  ask(call: ProbeCall): OpenSpan {
    const { name, run } = call;
    const probed = this.#lives.get(name)?.run;
    const asked = this.#start(
      SPAN.probe,
      { name, context: this.contextOf(name, run) },
      this.#time.now(),
      probeAttributes(call, this.#options.args),
    );
    if (probed?.number === run) probed.probes.add(asked);
    return asked;
  }

  /** Ends the span of a call of a probe. */
  answer(call: ProbeCall, asked: OpenSpan, { ok, reason }: ProbeReply): void {
    const now = this.#time.now();
    const { span } = asked;
    const run = this.#lives.get(call.name)?.run;
    if (run?.probes.delete(asked)) run.until = now;
    span.setAttribute(ATTRIBUTE.answer, ok);
    if (reason !== undefined) span.setAttribute(ATTRIBUTE.answerReason, reason);
    // That a run is not ready yet is no error.
    if (!ok && call.option === "live") {
      fail(span, { name: "unhealthy", message: reason });
    }
    asked.end(now);
  }

  /** Records an event. */
  happened(event: ProcessEvent): void {
    const now = this.#time.now();
    if (event.kind === "signal") {
      const signal = { [ATTRIBUTE.signal]: event.signal };
      for (const { span } of this.#lives.values()) {
        span.addEvent(SPAN_EVENT.signal, signal, hrTime(now));
      }
    } else if (event.kind === "leftovers") this.#left(event, now);
    else if (event.kind !== "lost" && event.kind !== "hook") {
      this.#record(event, now);
    }
  }

  /**
   * Returns the context of a run; the active one if the run is not known.
   *
   * @param name The name of the process.
   * @param run The number of the run.
   * @param pid The process ID of its child, if the run may belong to an earlier
   * life.
   */
  contextOf(name: string, run: number, pid?: number): Context {
    const present = this.#lives.get(name)?.run;
    const same = pid === undefined || pid === present?.pid;
    if (present?.number === run && same) return present.context;
    return this.#ended.get(keyOf(name, run)) ?? context.active();
  }

  /** Ends all spans. */
  end(): void {
    for (const life of [...this.#lives.values()]) this.#endLife(life);
  }

  #record(event: LifeEvent, now: number): void {
    const { name } = event;
    // This may be the end of a life that has never been seen.
    if (!this.#lives.has(name) && !this.#options.process(name)) return;
    const life = this.#life(name, "run" in event ? event.run : 0, now);
    const { span, run } = life;
    switch (event.kind) {
      case "start":
        if (run) run.pid = event.pid;
        run?.span.setAttribute(ATTRIBUTE.pid, event.pid);
        return;
      case "ready":
      case "unready":
      case "unhealthy": {
        const { [event.kind]: found } = SPAN_EVENT;
        if (run) run.until = now;
        run?.span.addEvent(found, findingAttributes(event), hrTime(now));
        return;
      }
      case "waiting":
        return this.#wait(life, now, SPAN.wait, {
          [ATTRIBUTE.run]: event.run,
          [ATTRIBUTE.waitReason]: event.reason,
        });
      case "exit":
        return this.#exited(life, event, now);
      case "restart":
        return this.#restarts(life, event, now);
      case "failed":
        this.#notStarted(life, event.error, now);
        fail(span, event.error);
        return over(life, "failed");
      case "stop":
        addSteps(span, event, now);
        return over(life, "stopped");
      default:
        event satisfies never;
    }
  }

  #exited(life: OpenLife, event: ExitEvent, now: number): void {
    const { requested, crashed, decision, stderr } = event;
    const message = exitText(event);
    life.told = !requested;
    if (decision?.kind === "leave") {
      over(life, "exited");
      if (crashed) fail(life.span, { name: exitReason(event), message });
    }
    const { run } = life;
    if (run === undefined) return;
    const ended = this.#time.at(run.ticks + event.durationMs);
    const endedAt = Math.min(now, Math.max(run.until, ended));
    run.span.setAttributes(exitAttributes(event));
    if (stderr.length > 0) {
      const text = { [ATTRIBUTE.stderr]: lastOf(stderr) };
      run.span.addEvent(SPAN_EVENT.stderr, text, hrTime(endedAt));
    }
    if (crashed) fail(run.span, { name: exitReason(event), message });
    this.#endRun(life, endedAt);
  }

  #restarts(
    life: OpenLife,
    { decision, error }: RestartEvent,
    now: number,
  ): void {
    if (error !== undefined) this.#notStarted(life, error, now);
    life.told = false;
    this.#wait(life, now, SPAN.backoff, decisionAttributes(decision));
  }

  /**
   * Makes the span of a run that has not begun, because its gate or `prepare`
   * failed.
   */
  #notStarted(life: OpenLife, error: Error, now: number): void {
    if (life.told) return;
    const { span, end } = this.#start(SPAN.run, life, now, {});
    fail(span, error);
    end(now);
  }

  /** Records how what a run left behind was ended. */
  #left(event: LeftoversEvent, now: number): void {
    const { name, run, pid, survivors } = event;
    const { span, end } = this.#start(
      SPAN.leftovers,
      { name, context: this.contextOf(name, run, pid) },
      now - totalMs(event.steps),
      { [ATTRIBUTE.run]: run, [ATTRIBUTE.survivors]: survivors.length },
    );
    addSteps(span, event, now);
    end(now);
  }

  /** Returns the life of a run, which can be a new one. */
  #life(name: string, run: number, now: number): OpenLife {
    const known = this.#lives.get(name);
    const process = this.#options.process(name);
    if (known !== undefined) {
      // At its end, a process is known no longer.
      const other = process !== undefined && known.process !== process;
      if (run !== 1 || !other && !known.over) return known;
      this.#endLife(known);
    }
    const started = this.#start(
      SPAN.life,
      { name, context: context.active() },
      now,
      {},
    );
    const life: OpenLife = {
      name,
      process,
      ...started,
      runs: 0,
      run: undefined,
      wait: undefined,
      error: undefined,
      told: false,
      over: false,
    };
    this.#lives.set(name, life);
    process?.finished.then(() => this.#endLife(life)).catch(() => {});
    return life;
  }

  #wait(
    life: OpenLife,
    since: number,
    word: string,
    attributes: Attributes,
  ): void {
    this.#endWait(life, since);
    life.wait = { word, since, attributes };
  }

  /** Makes the span of a wait, at its end. */
  #endWait(life: OpenLife, now: number): void {
    const { wait } = life;
    if (wait === undefined) return;
    life.wait = undefined;
    this.#start(wait.word, life, wait.since, wait.attributes).end(now);
  }

  #endRun(life: OpenLife, now: number): void {
    const { run } = life;
    if (run === undefined) return;
    life.run = undefined;
    for (const asked of run.probes) asked.end(now);
    run.end(now);
    const key = keyOf(life.name, run.number);
    this.#ended.delete(key);
    this.#ended.set(key, run.context);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > ENDED_RUNS && oldest !== undefined) {
      this.#ended.delete(oldest);
    }
  }

  #endLife(life: OpenLife): void {
    if (this.#lives.get(life.name) !== life) return;
    this.#lives.delete(life.name);
    const now = this.#time.now();
    this.#endWait(life, now);
    this.#endRun(life, now);
    // No event tells that the first start has failed.
    if (life.error && !life.over) fail(life.span, life.error);
    life.span.setAttribute(ATTRIBUTE.runs, life.runs);
    life.end(now);
  }

  #start(
    word: string,
    { name, context: parent }: Pick<OpenLife, "name" | "context">,
    since: number,
    attributes: Attributes,
  ): OpenSpan {
    const span = this.#tracer.startSpan(`${word} ${name}`, {
      startTime: hrTime(since),
      attributes: { [ATTRIBUTE.process]: name, ...attributes },
    }, parent);
    const end = (at: number) => span.end(hrTime(Math.max(since, at)));
    return { span, context: trace.setSpan(parent, span), end };
  }
}

function keyOf(name: string, run: number): string {
  return `${run} ${name}`;
}
