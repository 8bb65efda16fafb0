/**
 * Holds exported manifests against the schemas of Kubernetes 1.33, and against
 * rules of its documentation that no schema contains.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { parseAllDocuments } from "yaml";
import type { Plan } from "../plan/mod.ts";
import { seededRandom } from "../testing/mod.ts";
import { faultsOf } from "../tools/manifests.ts";
import { randomPlan, VARIATIONS, variedPlan } from "../tools/random_plan.ts";
import { permitted } from "../tools/testing.ts";
import { toKubernetes } from "./kubernetes.ts";
import type { OptionPath } from "./option_paths.ts";

/** The parser of YAML looks at the environment. */
const ignore = !permitted("env");

const PLANS = Deno.args.includes("--full") ? 2_000 : 30;

// deno-lint-ignore no-explicit-any
type Loose = any;

/** Returns all objects in the manifests of a plan. */
function objectsOf(plan: Plan): Loose[] {
  const images = Object.fromEntries(
    [...plan.entries.keys()].map((name) => [name, "busybox:1"]),
  );
  const options = { name: "my shop", root: "/srv/shop", images };
  return toKubernetes(plan, options).files.flatMap(({ text }) =>
    [...parseAllDocuments(text)].map((document) => {
      assertEquals(document.errors, []);
      return document.toJS();
    })
  );
}

Deno.test({
  name: "The schemas of Kubernetes accept what toKubernetes() writes",
  ignore,
  fn() {
    const options = Object.keys(VARIATIONS) as OptionPath[];
    const plans = options.flatMap((option) => [
      variedPlan(option, 0),
      variedPlan(option, 1),
    ]);
    for (let seed = 0; seed < PLANS; seed++) {
      plans.push(randomPlan(seededRandom(seed)));
    }
    for (const plan of plans) {
      const objects = objectsOf(plan);
      assertEquals(objects.flatMap(faultsOf), []);
      assertEquals(faultsBetween(objects), []);
    }
  },
});

Deno.test({
  name: "faultsOf() refuses unknown keys, wrong types and missing keys",
  ignore,
  fn() {
    const spoiled = (spoil: (deployment: Loose) => void) => {
      const objects = objectsOf(variedPlan("ready.recheckMs", 0));
      const deployment = objects.find(({ kind }) => kind === "Deployment");
      assertEquals(faultsOf(deployment), []);
      spoil(deployment);
      return faultsOf(deployment);
    };
    const podOf = ({ spec }: Loose) => spec.template.spec;
    assertEquals(
      spoiled((it) => podOf(it).containers[0].startupProb = {}),
      [".spec.template.spec.containers.0.startupProb: there is no such key"],
    );
    assertEquals(
      spoiled((it) => podOf(it).containers[0].startupProbe.periodSecond = 1),
      [
        ".spec.template.spec.containers.0.startupProbe.periodSecond: there is no such key",
      ],
    );
    assertEquals(
      spoiled((it) => it.spec.replicas = "2"),
      ["data/spec/replicas must be integer"],
    );
    assertEquals(
      spoiled((it) => podOf(it).containers[0].command = "true"),
      ["data/spec/template/spec/containers/0/command must be array"],
    );
    assertEquals(
      spoiled((it) => delete it.spec.selector),
      ["data/spec must have required property selector"],
    );
    assertEquals(faultsOf({ apiVersion: "v1", kind: "Deployment" }), [
      "there is no v1 Deployment",
    ]);
  },
});

Deno.test({
  name: "faultsBetween() finds what no schema does",
  ignore,
  fn() {
    const objects = objectsOf(variedPlan("ready.recheckMs", 0));
    const [first] = objects;
    first.metadata.name = "1st";
    first.spec.selector.matchLabels.extra = "x";
    assertEquals(faultsBetween([...objects, objects.at(-1)]), [
      "Deployment 1st: its name",
      "Deployment 1st: its selector",
      "Deployment api: it is there twice",
    ]);
  },
});

/** A name that a Service can have; the other objects can have it too. */
const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Returns what the API server refuses, or what leads nowhere. */
function faultsBetween(objects: readonly Loose[]): string[] {
  const seen = new Set<string>();
  return objects.flatMap((object) => {
    const { kind, metadata: { name, labels }, spec } = object;
    const title = `${kind} ${name}`;
    const twice = seen.has(title);
    seen.add(title);
    const faults = {
      "it is there twice": twice,
      "its name": !NAME.test(name.replace(/-secret$/, "")),
      "its labels": !Object.values<string>(labels).every((value) =>
        NAME.test(value)
      ),
      "its selector": kind === "Deployment" &&
        !within(spec.selector.matchLabels, spec.template.metadata.labels),
      "its pods": kind === "Service" &&
        !objects.some((each) =>
          each.kind === "Deployment" &&
          within(spec.selector, each.spec.template.metadata.labels)
        ),
      "its Secrets": !secretsOf(object).every(({ name, key }) =>
        objects.some((each) =>
          each.kind === "Secret" && each.metadata.name === name &&
          Object.hasOwn(each.stringData, key)
        )
      ),
    };
    return Object.entries(faults).filter(([, fault]) => fault)
      .map(([what]) => `${title}: ${what}`);
  });
}

/** Whether all labels are among others. */
function within(some: object, all: object): boolean {
  return Object.entries(some).every(([name, value]) =>
    Object.entries(all).some((each) => each[0] === name && each[1] === value)
  );
}

function secretsOf({ spec }: Loose): Loose[] {
  const env = spec?.template?.spec.containers[0].env ?? [];
  return env.flatMap(({ valueFrom }: Loose) => valueFrom?.secretKeyRef ?? []);
}
