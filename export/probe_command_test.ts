import { assertEquals } from "@std/assert";
import { http, type HttpOptions } from "../probe/mod.ts";
import { findProgram } from "../tools/servers.ts";
import { permitted } from "../tools/testing.ts";
import { probeCommand } from "./probe_command.ts";
import { probeForm } from "./probe_form.ts";
import { shellLine } from "./shell.ts";

const ignore = !permitted("read", "run", "net") ||
  findProgram("curl") === undefined;

Deno.test("the command of an HTTP probe sends the request of the probe", {
  ignore,
}, async () => {
  const seen: { url: string; headers: Headers }[] = [];
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    seen.push({ url: request.url, headers: new Headers(request.headers) });
    return new Response(null, { status: 204 });
  });
  const origin = `http://localhost:${server.addr.port}`;
  const cases: [path: string, options: HttpOptions][] = [
    ["/", {}],
    ["/?a[]={1,2}&b=%25", {}],
    ["/[1-3]", { status: 204 }],
    ["/a'b\"c$HOME`x`%20", { headers: { "x-a": "'b'\"c\" $HOME `x` \\n %n" } }],
    ["/", { headers: { "x-empty": "", "x-file": "@f" }, status: [200, 204] }],
  ];
  for (const [path, options] of cases) {
    const form = probeForm(http(`${origin}${path}`, options));
    const command = probeCommand(form, {
      timeoutMs: 5_000,
      folder: (path) => path,
      file: (path) => path,
    });
    const line = shellLine(command?.words ?? []);
    const { code } = await new Deno.Command("sh", { args: ["-c", line] })
      .output();
    const [request, ...more] = seen.splice(0);
    assertEquals([code, more.length], [0, 0], path);
    assertEquals(request?.url, new URL(path, origin).href);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      assertEquals(request?.headers.get(name), value, name);
    }
  }
});
