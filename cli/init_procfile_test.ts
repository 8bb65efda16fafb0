import { assertEquals, assertNotEquals } from "@std/assert";
import { foundBy, gapLines } from "../tools/init_testing.ts";
import type { Found } from "./init_origin.ts";
import { FOREMAN_KEYS, OVERMIND_KEYS, readProcfile } from "./init_procfile.ts";

/** Reads a Procfile; more files are those beside it. */
function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Found> {
  return foundBy(readProcfile, "Procfile", { ...files, Procfile: text });
}

Deno.test("init gives the processes of a Procfile their ports", async () => {
  const { config, gaps } = await read(
    `# comment\n\nweb: bundle exec puma -p $PORT\nworker: A=1 bin/work\r\nrelease: bin/migrate\nno line\n`,
  );
  assertEquals(config, {
    processes: {
      web: { shell: "bundle exec puma -p $PORT", env: { PORT: 5_000 } },
      worker: { shell: "A=1 bin/work", env: { PORT: 5_100 } },
      release: {
        shell: "bin/migrate",
        env: { PORT: 5_200 },
        type: "task",
        autoStart: false,
      },
    },
  });
  assertEquals(gaps.map(({ key }) => key), [
    "Procfile:6",
    "a process that ends",
  ]);
});

Deno.test(".env is read by all, and its PORT is the first", async () => {
  const { config } = await read("web: a\nworker: b\n", {
    ".env": "PORT=3000\nLEVEL=debug\n",
  });
  assertEquals(config.defaults, { envFiles: [".env"] });
  assertEquals(
    Object.values(config.processes ?? {}).map(({ env }) => env?.PORT),
    [3_000, 3_100],
  );
});

Deno.test("init takes the options of foreman and overmind over", async () => {
  const foreman = await read("web: a\nworker: b\njob: c\n", {
    ".foreman":
      "port: 4000\nformation: web=2,worker=0\ntimeout: 20\nenv: a.env,b.env\n",
  });
  assertEquals(foreman.config, {
    defaults: {
      envFiles: ["a.env", "b.env"],
      stop: { gracePeriodMs: 20_000 },
    },
    processes: {
      web: { shell: "a", env: { PORT: "$[3999 + replica]" }, replicas: 2 },
      worker: { shell: "b", env: { PORT: 4_100 }, autoStart: false },
      job: { shell: "c", env: { PORT: 4_200 }, autoStart: false },
    },
  });
  const overmind = await read("web: a\nworker: b\njob: c\n", {
    ".overmind.env":
      "OVERMIND_PORT=4000\nOVERMIND_PORT_STEP=10\nOVERMIND_AUTO_RESTART=web\nOVERMIND_CAN_DIE=job\nOVERMIND_STOP_SIGNALS=worker=QUIT\nOVERMIND_TITLE=My shop\n",
  });
  assertEquals(overmind.config, {
    name: "My-shop",
    processes: {
      web: { shell: "a", env: { PORT: 4_000 }, restart: { policy: "always" } },
      worker: { shell: "b", env: { PORT: 4_010 }, stop: { signal: "SIGQUIT" } },
      job: { shell: "c", env: { PORT: 4_020 }, restart: { policy: "never" } },
    },
  });
});

Deno.test("init takes each option beside a Procfile, or tells it", async () => {
  const sample = (key: string) => {
    if (/formation|concurrency/i.test(key)) return "web=3";
    if (/signals/i.test(key)) return "web=INT";
    if (/restart|can_die/i.test(key)) return "web";
    return /port|timeout/i.test(key) ? "7000" : "other";
  };
  const all = [
    ...Object.keys(FOREMAN_KEYS).map((key) => [key, ".foreman", ": "]),
    ...Object.keys(OVERMIND_KEYS).map((key) => [key, ".overmind.env", "="]),
    ["OVERMIND_SOCKET", ".overmind.env", "="],
  ];
  const before = await read("web: a\nworker: b\n");
  for (const [key = "", file = "", between] of all) {
    const after = await read("web: a\nworker: b\n", {
      [file]: `${key}${between}${sample(key)}\n`,
    });
    const told = gapLines(after).some((line) =>
      line.startsWith(`${key} in ${file}: `)
    );
    if (!told) assertNotEquals(after.config, before.config, key);
  }
});
