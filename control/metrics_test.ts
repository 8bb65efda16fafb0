import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PROMTOOL, promtool } from "../tools/prometheus.ts";
import { NO_HISTORY } from "./history.ts";
import { type Measured, metricsOf } from "./metrics.ts";
import type { ProcessView } from "./wire.ts";

const VIEW: ProcessView = {
  name: "api.1",
  entry: "api",
  type: "service",
  labels: [],
  command: ["api"],
  state: "running",
  ready: true,
  pid: 7,
  since: 1_000_000,
  until: null,
  run: 3,
  restarts: 2,
  restartsLeft: 3,
  last: {
    run: 2,
    time: 999_000,
    code: 137,
    signal: "SIGKILL",
    crashed: true,
    requested: false,
    reason: "was killed by SIGKILL",
    stderr: [],
  },
  dependencies: [],
  schedule: null,
  why: "api.1 has been running for 5 s",
  usage: null,
};

/** A metric, as a strict reader of the format finds it. */
interface Family {
  readonly type: string;
  readonly points: Map<string, number>;
}

/** Reads the text format, and throws unless it is well-formed throughout. */
function read(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  let current: { name: string; type?: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const help = line.match(/^# HELP ([a-z_]+) \S.*$/);
    const type = line.match(/^# TYPE ([a-z_]+) (gauge|counter)$/);
    const point = line.match(
      /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[\d.e+-]+)$/,
    );
    if (help) {
      if (families.has(help[1] ?? "")) throw new Error(`twice: ${line}`);
      current = { name: help[1] ?? "" };
    } else if (type) {
      if (type[1] !== current?.name) throw new Error(`no help: ${line}`);
      families.set(type[1] ?? "", { type: type[2] ?? "", points: new Map() });
    } else if (point) {
      const [, name = "", labels = "", value] = point;
      const family = families.get(name);
      if (name !== current?.name || !family) {
        throw new Error(`no type: ${line}`);
      }
      if (family.points.has(labels)) throw new Error(`twice: ${line}`);
      if (Number.isNaN(Number(value))) throw new Error(`no number: ${line}`);
      family.points.set(labels, Number(value));
    } else throw new Error(`malformed: ${line}`);
  }
  for (const [name, { type }] of families) {
    if (name.endsWith("_total") !== (type === "counter")) {
      throw new Error(`${name} is a ${type}`);
    }
  }
  return families;
}

const SUPERVISOR = { version: "1.2.3", startedAt: 500_000 };

/** A name with everything that a label has to escape. */
const ODD = 'a"b\\c\nd{}=,';

function measured(view: Partial<ProcessView> = {}): Measured {
  return {
    view: { ...VIEW, ...view },
    exits: { ...NO_HISTORY.exits, crash: 2 },
    usage: { cpuMs: 1_000, countedMs: 1_250, memory: 4_096, processes: 3 },
  };
}

Deno.test("metricsOf() gives what is known about each process", () => {
  const families = read(metricsOf(SUPERVISOR, [measured()]));
  const all = (name: string) => families.get(name)?.points;
  const value = (name: string, more = "") =>
    all(name)?.get(`{process="api.1",entry="api"${more}}`);
  assertEquals(all("processman_build_info")?.get('{version="1.2.3"}'), 1);
  assertEquals(all("processman_start_time_seconds")?.get(""), 500);
  assertEquals(value("processman_process_state", ',state="running"'), 1);
  assertEquals(value("processman_process_state", ',state="backoff"'), 0);
  assertEquals(value("processman_process_ready"), 1);
  assertEquals(value("processman_process_start_time_seconds"), 1_000);
  assertEquals(value("processman_process_exits_total", ',reason="crash"'), 2);
  assertEquals(value("processman_process_exits_total", ',reason="signal"'), 0);
  assertEquals(value("processman_process_last_exit_code"), 137);
  assertEquals(value("processman_process_restarts_total"), 2);
  assertEquals(value("processman_process_restarts_left"), 3);
  assertEquals(value("processman_process_cpu_seconds_total"), 1.25);
  assertEquals(value("processman_process_resident_memory_bytes"), 4_096);
  assertEquals(value("processman_process_pids"), 3);
});

Deno.test("metricsOf() leaves out what is not known", () => {
  const { view, exits } = measured({
    since: null,
    ready: null,
    last: null,
    restartsLeft: null,
  });
  const families = read(metricsOf(SUPERVISOR, [{ view, exits, usage: null }]));
  const empty = [...families].filter(([, { points }]) => points.size === 0);
  assertEquals(empty.map(([name]) => name), [
    "processman_process_start_time_seconds",
    "processman_process_last_exit_code",
    "processman_process_restarts_left",
    "processman_process_cpu_seconds_total",
    "processman_process_resident_memory_bytes",
    "processman_process_pids",
  ]);
  const ready = families.get("processman_process_ready");
  assertEquals([...ready?.points.values() ?? []], [0]);
});

Deno.test("metricsOf() escapes names", () => {
  const text = metricsOf(SUPERVISOR, [measured({ name: ODD, entry: ODD })]);
  const [key] = read(text).get("processman_process_ready")?.points.keys() ?? [];
  const escaped = 'a\\"b\\\\c\\nd{}=,';
  assertEquals(key, `{process="${escaped}",entry="${escaped}"}`);
});

Deno.test({
  name: "promtool finds nothing to complain about in metricsOf()",
  ignore: PROMTOOL === undefined,
  async fn() {
    const check = (text: string) => promtool(["check", "metrics"], text);
    const odd = measured({ name: ODD, entry: ODD });
    assertEquals(await check(metricsOf(SUPERVISOR, [measured(), odd])), {
      code: 0,
      said: "",
    });
    // It would say so if there were something.
    const { said } = await check("# TYPE a_total gauge\na_total 1\n");
    assertStringIncludes(said, "a_total");
  },
});

Deno.test("The reader of metrics refuses what is malformed", () => {
  for (
    const text of [
      "processman_up 1\n",
      "# HELP a b\n# TYPE a gauge\na 1",
      "# HELP a b\n# TYPE a gauge\na 1\na 1\n",
      '# HELP a b\n# TYPE a gauge\na{x="\n"} 1\n',
      "# HELP a_total b\n# TYPE a_total gauge\na_total 1\n",
    ]
  ) assertThrows(() => read(text));
});
