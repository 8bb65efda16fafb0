import { assertEquals } from "@std/assert";
import { conditionText, edgeText, waitText } from "./edge_words.ts";
import type { GraphEdge } from "./graph_model.ts";

const CACHE: GraphEdge = {
  from: "cache",
  to: "web",
  when: "ready",
  restart: "never",
  required: true,
  awaited: false,
};

const AWAITED: GraphEdge = { ...CACHE, awaited: true };

const JOB: GraphEdge = { ...AWAITED, from: "job", when: "completed" };

Deno.test("waitText() names what is awaited", () => {
  assertEquals(waitText([]), null);
  assertEquals(waitText([CACHE]), null);
  assertEquals(waitText([CACHE, AWAITED]), "waits: cache is not ready");
  assertEquals(
    waitText([JOB, AWAITED]),
    "waits: job is not completed, and 1 more",
  );
});

Deno.test("conditionText() says what an entry needs", () => {
  assertEquals(conditionText(CACHE), "must be ready");
  assertEquals(conditionText(AWAITED), "web waits until cache is ready");
  assertEquals(
    conditionText({ ...CACHE, required: false, restart: "always" }),
    "must be ready; optional; a restart of cache restarts web",
  );
});

Deno.test("edgeText() is a sentence about both ends", () => {
  assertEquals(
    edgeText({ ...JOB, restart: "explicit" }),
    "web starts when job is completed; a restart of job by request restarts web; it waits for that now",
  );
});
