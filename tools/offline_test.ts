import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { denoCommand, runDeno } from "./deno.ts";
import { readStandIns, startRegistry } from "./registry.ts";
import { permitted } from "./testing.ts";

const ignore = !permitted("read", "write", "net", "env");

const script = new URL("offline.ts", import.meta.url).pathname;

/** The runner; unless told otherwise JSR does not answer: port 1 is closed. */
function offline(args: string[], jsr = "http://127.0.0.1:1"): Deno.Command {
  return denoCommand(["run", "--quiet", "-A", script, ...args], {
    env: { JSR_URL: jsr },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

const evalJsr = [
  "eval",
  `console.log(Deno.env.get("JSR_URL"), Deno.env.get("DENO_DIR"));
   Deno.exit(7);`,
];

Deno.test({
  name: "offline.ts uses the stand-ins when JSR does not answer",
  ignore,
  async fn() {
    const { code, stdout, stderr } = await offline(evalJsr).output();
    assertStringIncludes(new TextDecoder().decode(stderr), "stand-ins");
    const [url, cache = ""] = new TextDecoder().decode(stdout).trim()
      .split(" ");
    assertMatch(url ?? "", /^http:\/\/127\.0\.0\.1:\d{2,5}$/);
    assertEquals(code, 7);
    // The cache is gone again.
    assertEquals(await Deno.stat(cache).catch(() => "none"), "none");
  },
});

Deno.test({
  name: "offline.ts uses a JSR that answers",
  ignore,
  async fn() {
    await using registry = await startRegistry(await readStandIns());
    const { stdout, stderr } = await offline(evalJsr, registry.url).output();
    assertMatch(new TextDecoder().decode(stderr), /from http:\/\/127/);
    assertMatch(new TextDecoder().decode(stdout), RegExp(`^${registry.url} `));
  },
});

Deno.test({
  name: "offline.ts uses a JSR that answers below a path",
  ignore,
  async fn() {
    await using registry = await startRegistry(await readStandIns());
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) => {
        const [, path] = new URL(url).pathname.match(/^\/a\/mirror(\/.*)/) ??
          [];
        return path
          ? fetch(`${registry.url}${path}`)
          : new Response(null, { status: 404 });
      },
    );
    const host = `http://127.0.0.1:${server.addr.port}`;
    for (const path of ["/a/mirror", "/a/mirror/"]) {
      const output = await offline(evalJsr, `${host}${path}`).output();
      const text = new TextDecoder();
      assertEquals(
        text.decode(output.stderr),
        `@std packages: from ${host}/a/mirror/\n`,
      );
      assertMatch(text.decode(output.stdout), RegExp(`^${host}${path} `));
    }
    const { stderr } = await offline(evalJsr, `${host}/b`).output();
    assertEquals(
      new TextDecoder().decode(stderr),
      `@std packages: stand-ins from tools/std, not from ${host}/b/, ` +
        `as ${host}/b/@std/async/meta.json has status 404\n`,
    );
  },
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `offline.ts hands ${signal} on and waits`,
    ignore,
    async fn() {
      const child = offline([
        "eval",
        `Deno.addSignalListener("${signal}", () => {
           setTimeout(() => Deno.exit(7), 50);
         });
         console.log("ready");
         setInterval(() => {}, 60_000);`,
      ]).spawn();
      const errors = child.stderr.text();
      const output = child.stdout.getReader();
      assertEquals(
        new TextDecoder().decode((await output.read()).value),
        "ready\n",
      );
      child.kill(signal);
      assertEquals((await child.status).code, 7);
      assertEquals((await output.read()).done, true);
      assertStringIncludes(await errors, "stand-ins");
    },
  });
}

Deno.test({
  name: "runDeno() gives all output, and no input",
  ignore,
  async fn() {
    const { ok, output } = await runDeno([
      "eval",
      `console.log(await new Response(Deno.stdin.readable).text() + "out");
       console.error(prompt("?"));
       Deno.exit(1);`,
    ], { env: {}, signal: AbortSignal.timeout(30_000) });
    assertEquals([ok, output], [false, "out\nnull\n"]);
  },
});

Deno.test({
  name: "runDeno() runs Deno within another program",
  ignore,
  async fn() {
    const { ok, output } = await runDeno(["eval", "console.log(Deno.args)"], {
      env: {},
      signal: AbortSignal.timeout(30_000),
      within: ["sh", "-c", 'echo within; exec "$@" more', "sh"],
    });
    assertEquals([ok, output], [true, 'within\n[ "more" ]\n']);
  },
});

Deno.test({
  name: "runDeno() kills what takes too long",
  ignore,
  async fn() {
    const scope = new AbortController();
    const running = runDeno(["eval", "setInterval(() => {}, 60_000);"], {
      env: {},
      signal: scope.signal,
    });
    scope.abort(new Error("it is late"));
    assertEquals(await running, {
      ok: false,
      output: "\nKilled: it is late\n",
    });
  },
});

Deno.test({
  name: "runDeno() does not wait for what the run leaves behind",
  ignore,
  async fn() {
    const { ok, output } = await runDeno([
      "eval",
      `const left = new Deno.Command("sleep", { args: ["60"], detached: true });
       console.log(left.spawn().pid);
       Deno.exit();`,
    ], { env: {}, signal: AbortSignal.timeout(30_000) });
    Deno.kill(Number(output), "SIGKILL");
    assertEquals(ok, true);
  },
});
