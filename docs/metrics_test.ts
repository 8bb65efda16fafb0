/**
 * Holds what docs/metrics.md says, and the dashboard for Grafana, against the
 * metrics and against Prometheus.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { metricsOf, STATE_NAMES } from "../control/metrics.ts";
import { root } from "../tools/package.ts";
import { fileIn, readPage, tableOf } from "../tools/pages.ts";
import {
  PROMETHEUS,
  Prometheus,
  PROMTOOL,
  promtool,
} from "../tools/prometheus.ts";
import { freePort } from "../tools/servers.ts";
import { Folder, permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const PAGE = "docs/metrics.md";

const ignore = !permitted("read");

/** What is read of the dashboard. */
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
    readonly targets: readonly { readonly expr: string }[];
    readonly fieldConfig: {
      readonly defaults: {
        readonly mappings?: readonly {
          readonly options: Readonly<Record<string, { text: string }>>;
        }[];
      };
    };
  }[];
  readonly templating: {
    readonly list: readonly { readonly query: string | { query: string } }[];
  };
}

async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(
    await Deno.readTextFile(new URL("docs/grafana.json", root)),
  );
}

/** Returns what the panels ask, with the variables of Grafana filled in. */
function exprsOf({ panels }: Dashboard, window: string): string[] {
  const exprs = panels.flatMap(({ targets }) =>
    targets.map(({ expr }) =>
      expr.replaceAll(/\$__(rate_interval|range)\b/g, window)
        .replaceAll(/\$(instance|process)\b/g, ".*")
    )
  );
  for (const expr of exprs) assert(!expr.includes("$"), expr);
  return exprs;
}

/** Returns the metrics that there are: their names, types and meanings. */
function metrics(): string[][] {
  const text = metricsOf({ version: "1", startedAt: 1 }, []);
  const found = text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \1 (\w+)$/gm);
  return Array.from(
    found,
    ([, name = "", help = "", type = ""]) => [name, type, help],
  );
}

Deno.test("docs/metrics.md lists the metrics and the alerts", {
  ignore,
}, async () => {
  const page = await readPage(PAGE);
  const [, ...rows] = tableOf(page, "Metric");
  assertEquals(
    rows,
    metrics().map(([name, type = "", help = ""]) => [
      `\`${name}\``,
      type,
      help,
    ]),
  );
  const [, ...alerts] = tableOf(page, "Alert");
  const rules = fileIn(page.text, "alerts.yml").matchAll(/- alert: (\w+)/g);
  assertEquals(
    alerts.map(([name]) => name),
    Array.from(rules, ([, name]) => `\`${name}\``),
  );
});

Deno.test("The dashboard shows all metrics, and none that does not exist", {
  ignore,
}, async () => {
  const dashboard = await readDashboard();
  const namesIn = (text: string) => text.match(/\bprocessman_\w+/g) ?? [];
  const shown = exprsOf(dashboard, "1m").flatMap(namesIn);
  const listed = dashboard.templating.list.flatMap(({ query }) =>
    namesIn(JSON.stringify(query))
  );
  const known = new Set(metrics().map(([name]) => name));
  assertEquals([...known].filter((name) => !shown.includes(name ?? "")), []);
  assertEquals([...shown, ...listed].filter((name) => !known.has(name)), []);
});

Deno.test("The panels of the dashboard lie side by side", {
  ignore,
}, async () => {
  const { panels } = await readDashboard();
  const taken = new Set<string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x >= 0 && x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        const cell = `${column},${row}`;
        assert(!taken.has(cell), `${title} covers another panel`);
        taken.add(cell);
      }
    }
  }
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
});

/** Writes the files that `promtool` reads. JSON is YAML, too. */
async function write(folder: Folder, files: Readonly<Record<string, unknown>>) {
  for (const [name, value] of Object.entries(files)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    await Deno.writeTextFile(`${folder.path}/${name}`, text);
  }
}

/** Series of a process, for a test of rules. */
function series(process: string, values: Readonly<Record<string, string>>) {
  const labels = `instance="a",process="${process}",entry="${process}"`;
  return Object.entries(values).map(([name, values]) => {
    const [metric, more = ""] = name.split("|");
    return { series: `processman_process_${metric}{${labels}${more}}`, values };
  });
}

/** Returns the state and the readiness of a process. */
function inState(process: string, state: string, ready: number) {
  const states = STATE_NAMES.map((name) => [
    `state|,state="${name}"`,
    `${name === state ? 1 : 0}x30`,
  ]);
  return series(process, {
    ...Object.fromEntries(states),
    ready: `${ready}x30`,
  });
}

const skipped = ignore || !permitted("write") || PROMTOOL === undefined;

Deno.test({
  name: "promtool accepts what the dashboard asks",
  ignore: skipped,
  async fn() {
    await using folder = new Folder();
    const rules = exprsOf(await readDashboard(), "1m")
      .map((expr, index) => ({ record: `panel:${index}`, expr }));
    const groups = [{ name: "dashboard", rules }];
    await write(folder, { "rules.yml": { groups } });
    const { code, said } = await promtool(
      ["check", "rules", `${folder.path}/rules.yml`],
    );
    assertEquals(code, 0, said);
    assertStringIncludes(said, `SUCCESS: ${rules.length} rules found`);
  },
});

Deno.test({
  name: "The dashboard has a word for each state",
  ignore: skipped,
  async fn() {
    const { panels } = await readDashboard();
    const states = panels.find(({ title }) => title === "States");
    const words = Object.entries(
      states?.fieldConfig.defaults.mappings?.[0]?.options ?? {},
    );
    const cases = words.map(([value, { text }]) => {
      const state = text.replace(", not ready", "");
      return { value: Number(value), state, ready: text === "running" ? 1 : 0 };
    });
    assertEquals(
      new Set(cases.map(({ state }) => state)),
      new Set<string>(STATE_NAMES),
    );
    const [expr = ""] = exprsOf({
      ...await readDashboard(),
      panels: states ? [states] : [],
    }, "1m");
    await using folder = new Folder();
    await write(folder, {
      "test.yml": {
        tests: [{
          interval: "1m",
          input_series: cases.flatMap(({ value, state, ready }) =>
            inState(`p${value}`, state, ready)
          ),
          promql_expr_test: [{
            expr,
            eval_time: "5m",
            exp_samples: cases.map(({ value }) => ({
              labels: `{instance="a",process="p${value}",entry="p${value}"}`,
              value,
            })),
          }],
        }],
      },
    });
    const { code, said } = await promtool(
      ["test", "rules", `${folder.path}/test.yml`],
    );
    assertEquals(code, 0, said);
  },
});

/** What the alerts are about: the series of each process. */
const TROUBLES = [
  { series: 'up{job="processman",instance="a"}', values: "1x9 0x20" },
  { series: 'up{job="processman",instance="b"}', values: "1x30" },
  ...inState("given-up", "failed", 0),
  ...inState("slow", "running", 0),
  ...inState("blocked", "waiting", 0),
  ...series("looping", { restarts_total: "0+1x30" }),
  // None of these is a reason to wake somebody.
  ...inState("fine", "running", 1),
  ...inState("migrate", "completed", 0),
  ...inState("off", "stopped", 0),
  ...series("unlucky", { restarts_total: "0x10 1+1x2 3x20" }),
];

/** An alert that is expected. */
function alert(
  process: string,
  severity: string,
  summary: string,
  more: object = {},
) {
  const labels = { instance: "a", process, entry: process, severity, ...more };
  return { exp_labels: labels, exp_annotations: { summary } };
}

/** When which alerts are expected. */
const ALERTS: readonly [name: string, at: string, alerts: object[]][] = [
  ["ProcessmanDown", "10m", []],
  ["ProcessmanDown", "11m", [{
    exp_labels: { instance: "a", job: "processman", severity: "critical" },
    exp_annotations: { summary: "The supervisor at a does not answer" },
  }]],
  ["ProcessmanGivenUp", "0m", [
    alert(
      "given-up",
      "critical",
      "given-up failed, and is not restarted any more",
      { state: "failed" },
    ),
  ]],
  ["ProcessmanCrashLoop", "2m", []],
  ["ProcessmanCrashLoop", "16m", [
    alert("looping", "warning", "looping crashes again and again"),
  ]],
  ["ProcessmanNotReady", "4m", []],
  ["ProcessmanNotReady", "5m", [
    alert("slow", "warning", "slow has not been ready for five minutes"),
    alert("blocked", "warning", "blocked has not been ready for five minutes"),
  ]],
];

Deno.test({
  name: "The alerts of docs/metrics.md are about what they say",
  ignore: skipped,
  async fn() {
    await using folder = new Folder();
    const tests = [{
      interval: "1m",
      input_series: TROUBLES,
      alert_rule_test: ALERTS.map(([alertname, eval_time, exp_alerts]) => ({
        alertname,
        eval_time,
        exp_alerts,
      })),
    }];
    await write(folder, {
      "alerts.yml": fileIn((await readPage(PAGE)).text, "alerts.yml"),
      "test.yml": {
        rule_files: ["alerts.yml"],
        evaluation_interval: "1m",
        tests,
      },
    });
    const { code, said } = await promtool(
      ["test", "rules", `${folder.path}/test.yml`],
    );
    assertEquals(code, 0, said);
  },
});

/** A process in each kind of trouble, so that each panel has something. */
const CONFIG = `
name: shop
processes:
  api: { command: [sleep, "600"] }
  loop:
    shell: sleep 0.1; exit 3
    restart: { backoff: { constant: 100 } }
  broken:
    shell: exit 7
    restart: { backoff: { constant: 10 }, limit: { restarts: 2 } }
`;

// Prometheus begins to scrape five seconds after its start.
const test = Deno.args.includes("--full") ? Deno.test : () => {};

test({
  name: "Prometheus has an answer for each panel, and raises an alert",
  ignore: skipped || !permitted("net", "env", "run", "sys") ||
    PROMETHEUS === undefined,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    const port = freePort();
    await using folder = new Folder();
    await write(folder, {
      "alerts.yml": fileIn((await readPage(PAGE)).text, "alerts.yml"),
      "prometheus.yml": {
        global: {
          scrape_interval: "200ms",
          evaluation_interval: "1s",
          scrape_timeout: "200ms",
        },
        rule_files: ["alerts.yml"],
        scrape_configs: [{
          job_name: "processman",
          static_configs: [{ targets: [`127.0.0.1:${port}`] }],
        }],
      },
    });
    const { path } = folder;
    await using prometheus = new Prometheus(
      `${path}/prometheus.yml`,
      `${path}/data`,
    );
    await tool.run(`processman up -d --metrics ${port}`);
    const late = AbortSignal.timeout(30_000);
    const exprs = exprsOf(await readDashboard(), "2s");
    await Promise.all([...exprs, 'ALERTS{alertname="ProcessmanGivenUp"}'].map(
      (expr) => prometheus.values(expr, late),
    ));
  },
});
