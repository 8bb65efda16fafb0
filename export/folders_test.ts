import { assertEquals, assertMatch } from "@std/assert";
import { plan } from "../plan/mod.ts";
import { file } from "../probe/mod.ts";
import { toCompose } from "./compose.ts";
import type { ContainerOptions } from "./exported.ts";
import { fileIn } from "./folders.ts";
import { toKubernetes } from "./kubernetes.ts";

const OPTIONS: ContainerOptions = { name: "shop", root: "/srv", images: {} };

Deno.test("a file of the project is below the working directory of an image", () => {
  const inApp = { ...OPTIONS, workdir: "/app" };
  assertEquals(fileIn("/srv/run/ready", OPTIONS), "./run/ready");
  assertEquals(fileIn("/srv/run/ready", inApp), "/app/run/ready");
  assertEquals(fileIn("run/ready", inApp), "/app/run/ready");
  assertEquals(fileIn("/tmp/ready", inApp), "/tmp/ready");
  assertEquals(fileIn("/srv2/ready", inApp), "/srv2/ready");
});

Deno.test("containers ask for a file where the image has it", () => {
  const ready = file("/srv/ready");
  const shop = plan({ api: { command: ["api"], ready } });
  const images = { api: "x" };
  for (const to of [toCompose, toKubernetes]) {
    const { files } = to(shop, { ...OPTIONS, images });
    assertMatch(files[0]?.text ?? "", /\[(?:CMD, )?test, -e, "\.\/ready"\]/);
  }
});
