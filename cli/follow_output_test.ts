import { assertEquals } from "@std/assert";
import { Processman } from "../mod.ts";
import { followOutput } from "./follow_output.ts";

Deno.test("followOutput() follows a process that starts again after its end", async () => {
  const pm = new Processman({ logger: null });
  const taken: string[] = [];
  const found = new Map<string, ReturnType<Processman["command"]>>();
  const following = followOutput(
    pm,
    (name) => found.get(name),
    (name, lines) => {
      for (const { text } of lines) taken.push(`${name} ${text}`);
      return Promise.resolve();
    },
  );
  const job = pm.command("echo", ["hello"], {
    name: "job",
    restart: { policy: "never" },
  });
  found.set("job", job);
  await job.finished;
  await job.start();
  await job.finished;
  await pm.shutdown();
  await following;
  assertEquals(taken, ["job hello", "job hello"]);
});
