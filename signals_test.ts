import { assert, assertEquals, assertLess } from "@std/assert";
import { alive, lineOf, runScript } from "./tools/testing.ts";

/** A program that ignores SIGTERM and has a minute to end. */
const STUBBORN = `
  import { Processman } from "@isbm/processman";
  const pm = new Processman(OPTIONS);
  const child = pm.command("sh", [
    "-c",
    "trap '' TERM; echo ready; while :; do sleep 1; done",
  ], { stop: { gracePeriodMs: 60_000 } });
  for await (const { text } of child.lines()) if (text === "ready") break;
`;

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`Processman stops all at ${signal}, and the program goes on`, async () => {
    await using parent = runScript(`
      import { Processman } from "@isbm/processman";
      const pm = new Processman({ onSignal: "stop" });
      const events = pm.events();
      const child = pm.command("sleep", ["500"]);
      console.log(child.pid);
      for await (const event of events) {
        if (event.kind === "signal") console.log(event.signal);
        if (event.kind === "stop") break;
      }
      console.log("goes on");
    `);
    const child = Number(await lineOf(parent, /\d/));
    parent.signal(signal);
    assertEquals((await parent.finished).code, 0);
    assertEquals(
      parent.tail().map(({ text }) => text.replace(/.*R.*Rec/, "Rec")),
      [
        String(child),
        `INFO Received ${signal}: stopping "sleep"`,
        signal,
        "goes on",
      ],
    );
    assert(!await alive(child));
  });
}

Deno.test("Processman takes signals for one when its children end at once", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null, onSignal: "stop" });
    const child = pm.command("sleep", ["500"]);
    console.log(child.pid);
    await pm.finished;
    console.log("cleaning up");
    const { promise, resolve } = Promise.withResolvers();
    Deno.addSignalListener("SIGUSR1", resolve);
    console.log("listening");
    await promise;
    Deno.exit(7);
  `);
  await lineOf(parent, /^\d+$/);
  parent.signal("SIGINT");
  await lineOf(parent, "listening");
  parent.signal("SIGINT");
  parent.signal("SIGUSR1");
  assertEquals((await parent.finished).code, 7);
});

Deno.test("Processman serves a signal anew after it has served one", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null, onSignal: "stop" });
    const events = pm.events();
    const served = async () => {
      while ((await events.next()).value.kind !== "stop");
    };
    pm.command("sleep", ["500"], { name: "first" });
    console.log("running");
    const keep = "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
    const { value } = await events.next();
    while ((await events.next()).value.kind !== "signal");
    const second = pm.command("sh", ["-c", keep], { name: "second" });
    await served();
    for await (const { text } of second.lines()) if (text === "ready") break;
    const now = performance.now.bind(performance);
    performance.now = () => now() + 1_000;
    console.log("a second later");
    const { code } = await second.finished;
    console.log("ended with " + code);
  `);
  await lineOf(parent, "running");
  parent.signal("SIGTERM");
  await lineOf(parent, "a second later");
  parent.signal("SIGTERM");
  await lineOf(parent, "ended with 0");
  assertEquals((await parent.finished).code, 0);
});

Deno.test("Processman lets run what a listener to the signal starts", async (t) => {
  for (const to of ["group", "leader"]) {
    await t.step(`to the ${to}`, async () => {
      await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        const pm = new Processman({ logger: null, onSignal: "stop" });
        const job = pm.command("sleep", ["500"], { stop: { to: "${to}" } });
        const listener = async () => {
          Deno.removeSignalListener("SIGTERM", listener);
          const late = pm.command("cat", [], { name: "late", stdin: "piped" });
          await job.finished;
          const writer = late.stdin.getWriter();
          await writer.write(new TextEncoder().encode("lives on\\n"));
          await writer.close();
          for await (const { text } of late.lines()) console.log(text);
          Deno.exit();
        };
        Deno.addSignalListener("SIGTERM", listener);
        console.log("running");
      `);
      await lineOf(parent, "running");
      parent.signal("SIGTERM");
      await parent.finished;
      assertEquals(
        parent.tail().map(({ text }) => text),
        ["running", "lives on"],
      );
    });
  }
});

Deno.test("Processman leaves signals alone when it has nothing to stop", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman();
    await pm.command("true").finished;
    console.log("idle");
    await new Promise(() => setInterval(() => {}, 60_000));
  `);
  await lineOf(parent, "idle");
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).signal, "SIGTERM");
});

Deno.test("Processman listens to no signals but those of its options", async () => {
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ signals: ["SIGUSR1"], onSignal: "stop" });
    console.log(pm.command("sleep", ["500"]).pid);
    await pm.finished;
    pm.command("sleep", ["0.2"]);
    console.log("running");
  `);
  const child = Number(await lineOf(parent, /^\d+$/));
  parent.signal("SIGUSR1");
  await lineOf(parent, "running");
  assert(!await alive(child));
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).signal, "SIGTERM");
});

Deno.test("Processman takes signals close together for one", async () => {
  await using parent = runScript(
    STUBBORN.replace("OPTIONS", '{ onSignal: "stop" }') + `
    const events = pm.events();
    console.log("running");
    await events.next();
    console.log("stopping");
    const { promise, resolve } = Promise.withResolvers();
    Deno.addSignalListener("SIGUSR1", resolve);
    console.log("listening");
    await promise;
    console.log("still there");
    await pm.killAll();
    Deno.exit(7);
  `,
  );
  await lineOf(parent, "running");
  parent.signal("SIGINT");
  await lineOf(parent, "listening");
  parent.signal("SIGTERM");
  parent.signal("SIGUSR1");
  await lineOf(parent, "still there");
  assertEquals((await parent.finished).code, 7);
});

Deno.test("Processman kills all and gives way when a signal comes again", async () => {
  await using parent = runScript(
    STUBBORN.replace("OPTIONS", '{ onSignal: "stop" }') + `
    const other = pm.command("bash", [
      "-c",
      "set -m; sh -c 'trap \\"\\" TERM; echo $$; while :; do sleep 1; done' & wait",
    ], { stop: { gracePeriodMs: 60_000 } });
    const events = pm.events();
    for await (const { text } of other.lines()) {
      console.log(child.pid, text);
      break;
    }
    await events.next();
    const now = performance.now.bind(performance);
    performance.now = () => now() + 1_000;
    console.log("a second later");
    await pm.finished;
  `,
  );
  const pids = (await lineOf(parent, /^\d+ \d+$/)).split(" ").map(Number);
  const begun = performance.now();
  parent.signal("SIGINT");
  await lineOf(parent, "a second later");
  parent.signal("SIGINT");
  assertEquals((await parent.finished).signal, "SIGINT");
  for (const pid of pids) while (await alive(pid));
  assertLess(performance.now() - begun, 30_000, "no grace period is left");
});
