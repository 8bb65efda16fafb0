import { assertEquals, assertStringIncludes } from "@std/assert";
import { plan } from "../plan/mod.ts";
import { http } from "../probe/mod.ts";
import { toKubernetes } from "./kubernetes.ts";

Deno.test("toKubernetes() says that times are whole seconds", () => {
  const { files, notes } = toKubernetes(
    plan({
      api: {
        command: ["api"],
        stop: { gracePeriodMs: 500 },
        roll: { minReadyMs: 1_500 },
      },
    }),
    { name: "shop", root: "/", images: { api: "x" } },
  );
  const text = files[0]?.text ?? "";
  assertStringIncludes(text, "terminationGracePeriodSeconds: 1\n");
  assertStringIncludes(text, "minReadySeconds: 2\n");
  assertEquals(notes.map(({ option }) => option), [
    "stop.gracePeriodMs",
    "roll.minReadyMs",
  ]);
  for (const { message } of notes) {
    assertStringIncludes(message, "Kubernetes counts in whole seconds");
  }
});

Deno.test("toKubernetes() names what only this machine has", () => {
  const { files, notes } = toKubernetes(
    plan({
      api: {
        command: ["/srv/shop/bin/api", "--host=127.0.0.1"],
        env: { DATA: "/srv/shop/data" },
      },
      web: { command: ["/home/me/bin/web"] },
    }),
    {
      name: "shop",
      root: "/srv/shop",
      workdir: "/app",
      images: { api: "x", web: "x" },
    },
  );
  assertStringIncludes(files[0]?.text ?? "", "command: [/app/bin/api]");
  assertStringIncludes(files[1]?.text ?? "", "command: [/home/me/bin/web]");
  assertEquals(notes.map(({ entry, option }) => [entry, option]), [
    ["api", "command"],
    ["api", "env.DATA"],
    ["web", "command"],
  ]);
});

Deno.test("toKubernetes() sends the credentials of a URL, unless the headers do", () => {
  const headersOf = (headers: Record<string, string>) => {
    const { files } = toKubernetes(
      plan({
        api: {
          command: ["api"],
          ready: http("http://me:pw@localhost:8000/", { headers }),
        },
      }),
      { name: "shop", root: "/", images: { api: "x" } },
    );
    const lines = files[0]?.text.match(/name: [Aa]uthorization\n\s+value: .*/g);
    return lines?.map((each) => each.replace(/[\s"]+/g, " ").trim());
  };
  const basic = "name: Authorization value: Basic bWU6cHc=";
  assertEquals(headersOf({}), [basic]);
  const own = "name: authorization value: Bearer x";
  assertEquals(headersOf({ authorization: "Bearer x" }), [own]);
});
