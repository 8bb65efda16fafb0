import { assertEquals, assertMatch } from "@std/assert";
import { parseAllDocuments } from "yaml";
import type { Plan } from "../plan/mod.ts";
import { plan } from "../plan/mod.ts";
import { exec } from "../probe/mod.ts";
import { seededRandom } from "../testing/mod.ts";
import { expanded } from "../tools/manifests.ts";
import {
  NASTY,
  randomPlan,
  VARIATIONS,
  variedPlan,
} from "../tools/random_plan.ts";
import { permitted } from "../tools/testing.ts";
import { toKubernetes } from "./kubernetes.ts";
import { KUBERNETES_FATES } from "./kubernetes_fates.ts";
import { isVariable, objectName, unexpanded } from "./kubernetes_text.ts";
import { engineNames } from "./names.ts";
import type { OptionPath } from "./option_paths.ts";

/** The parser of YAML looks at the environment. */
const ignore = !permitted("env");

const PLANS = Deno.args.includes("--full") ? 10_000 : 100;

// deno-lint-ignore no-explicit-any
type Loose = any;

function exported(plan: Plan) {
  const images = Object.fromEntries(
    [...plan.entries.keys()].map((name) => [name, "busybox:1"]),
  );
  return toKubernetes(plan, { name: "shop", root: "/srv/shop", images });
}

function objectsOf(text: string): Loose[] {
  return [...parseAllDocuments(text)].map((document) => {
    assertEquals(document.errors, []);
    return document.toJS();
  });
}

/** What the rules of the reference make of texts; `X` is a variable. */
const RULES: readonly (readonly [rule: string, text: string, read: string])[] =
  [
    ["A reference is replaced", "a $(X) b", "a value b"],
    ["An unknown reference stays", "$(Y)", "$(Y)"],
    ["Two signs are one", "$$", "$"],
    ["Two signs begin no reference", "$$(X)", "$(X)"],
    ["The third sign begins one", "$$$(X)", "$value"],
    ["Four signs are two", "$$$$(X)", "$$(X)"],
    ["A reference without an end stays", "$(X", "$(X"],
    ["References do not nest", "$($(X))", "$($(X))"],
    ["A sign before anything else stays", "$X ${X} $) $1", "$X ${X} $) $1"],
    ["A sign at the end stays", "a$", "a$"],
    ["The byte after a sign is damaged", "$ä", "$Ã\ufffd"],
  ];

Deno.test("unexpanded() undoes each rule of the kubelet", async (t) => {
  for (const [rule, text, read] of RULES) {
    await t.step(rule, () => {
      assertEquals(expanded(text, { X: "value" }), read);
      assertEquals(expanded(unexpanded(text), { X: "value" }), text);
    });
  }
});

Deno.test("unexpanded() leaves alone what means itself", () => {
  const script = 'echo "$HOME" ${X:-1} $1 $? 5$';
  assertEquals(unexpanded(script), script);
});

Deno.test("unexpanded() undoes the rules for every text of a few letters", () => {
  const letters = ["$", "(", ")", "X", "ä"];
  let texts = [""];
  for (let length = 0; length < 6; length++) {
    texts = texts.flatMap((text) => letters.map((letter) => text + letter));
    for (const text of texts) {
      if (expanded(unexpanded(text), { X: "value" }) !== text) {
        assertEquals(expanded(unexpanded(text), { X: "value" }), text);
      }
    }
  }
});

Deno.test({
  name: "toKubernetes() hands all texts to a process unchanged",
  ignore,
  fn() {
    const env = Object.fromEntries(NASTY.map((text, i) => [`V${i}`, text]));
    const secret = Object.fromEntries(
      NASTY.map((text, i) => [`TOKEN_${i}`, text]),
    );
    const { files: [file] } = exported(plan({
      dump: {
        command: ["./$(V1)", ...NASTY],
        env: { ...env, ...secret },
        live: exec("test", NASTY),
      },
    }));
    const objects = objectsOf(file?.text ?? "");
    const read = processOf(objects, objects[1]);
    assertEquals(read.words, ["./$(V1)", ...NASTY]);
    assertEquals(read.env, { ...env, ...secret });
    const { livenessProbe } = objects[1].spec.template.spec.containers[0];
    assertEquals(
      livenessProbe.exec.command.map((word: string) => expanded(word, env)),
      ["test", ...NASTY],
    );
  },
});

/** Returns what the process of a Deployment or a Job is started with. */
function processOf(objects: readonly Loose[], workload: Loose) {
  const { command, args = [], env = [] } =
    workload.spec.template.spec.containers[0];
  const variables: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const from = valueFrom?.secretKeyRef;
    variables[name] = from === undefined
      ? expanded(value, variables)
      : objects.find(({ kind, metadata }) =>
        kind === "Secret" && metadata.name === from.name
      ).stringData[from.key];
  }
  const words = [...command, ...args].map((word) => expanded(word, variables));
  return { words, env: variables };
}

Deno.test({
  name: "toKubernetes() keeps all arguments and variables of random plans",
  ignore,
  fn() {
    for (let seed = 0; seed < PLANS; seed++) {
      const drawn = randomPlan(seededRandom(seed));
      const { files, notes } = exported(drawn);
      for (
        const [i, { name, units }] of [...drawn.entries.values()].entries()
      ) {
        const objects = objectsOf(files[i]?.text ?? "");
        const workloads = objects.filter(({ spec }) => spec?.template);
        const count = (workload: Loose) => workload.spec.replicas ?? 1;
        assertEquals(
          workloads.flatMap((each) =>
            Array(count(each)).fill(processOf(objects, each))
          ),
          units.map(({ program, args, options: { env = {} } }) => ({
            words: [program, ...args],
            env: { ...env },
          })),
        );
        const missing = units.flatMap(({ options }) => Object.keys(options))
          .filter((option) =>
            option in KUBERNETES_FATES &&
            "none" in KUBERNETES_FATES[option as OptionPath] &&
            !notes.some((note) => note.entry === name && note.option === option)
          );
        assertEquals(missing, []);
      }
    }
  },
});

Deno.test("Each option of a plan changes the files, or is named", () => {
  for (const option of Object.keys(VARIATIONS) as OptionPath[]) {
    const both = [variedPlan(option, 0), variedPlan(option, 1)].map(exported);
    const named = both.every(({ notes }) =>
      notes.some((note) => note.option === option)
    );
    const [a, b] = both.map((each) => JSON.stringify(each));
    const mapped = "to" in KUBERNETES_FATES[option];
    assertEquals([option, named || mapped && a !== b], [option, true]);
  }
});

Deno.test("Each note stands in the file of its entry, once", () => {
  for (let seed = 0; seed < PLANS; seed++) {
    const drawn = randomPlan(seededRandom(seed));
    const { files, notes } = exported(drawn);
    const [first] = drawn.entries.keys();
    for (const [i, name] of [...drawn.entries.keys()].entries()) {
      const lines = (files[i]?.text ?? "").split("\n").map((line) =>
        line.trim()
      ).filter((line) => line.startsWith("#"));
      const comments = lines.join("").replaceAll(/#\s+/g, " ") + " ";
      for (const note of notes) {
        if ((note.entry ?? first) !== name) continue;
        const wanted = `${note.option}: ${note.message}`
          .replaceAll(/[\p{Cc}\s\ufeff\u0085\u200b\u2028]+/gu, " ").trim();
        if (comments.split(wanted).length !== 2) {
          assertEquals(comments, wanted);
        }
      }
    }
  }
});

Deno.test("objectName() makes names that all objects can have", () => {
  const cases = {
    api: "api",
    "api.1": "api-1",
    "Web Server": "web-server",
    "1st": "st",
    "ä": "",
    "-a-": "a",
  };
  for (const [text, name] of Object.entries(cases)) {
    assertEquals(objectName(text), name);
  }
  const long = ["x".repeat(80), "x".repeat(90), "x".repeat(63)];
  const names = [...engineNames(long, objectName).values()];
  assertEquals(new Set(names).size, 3);
  for (const name of names) assertMatch(name, /^[a-z][a-z0-9-]{0,62}$/);
});

Deno.test("isVariable() accepts what Kubernetes 1.30 does", () => {
  const good = ["A", "a.b", "x-y", "_", ".a", "-a", "A1"];
  const bad = ["1A", "a b", "ä", "", ".", "..", "..a", "A".repeat(254)];
  assertEquals(good.filter(isVariable), good);
  assertEquals(bad.filter(isVariable), []);
});
