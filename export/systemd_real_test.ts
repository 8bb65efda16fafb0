import { assertEquals, assertMatch } from "@std/assert";
import { constant } from "../mod.ts";
import { plan } from "../plan/mod.ts";
import { exec } from "../probe/mod.ts";
import { seededRandom } from "../testing/mod.ts";
import { NASTY, randomPlan } from "../tools/random_plan.ts";
import { SYSTEMD, Systemd, VERIFIES, verify } from "../tools/systemd.ts";
import { Folder } from "../tools/testing.ts";
import { selfUnit, toSystemd } from "./mod.ts";

/** Writes its arguments and variables to files. */
const DUMP = `
printf '%s\\0' "$@" >"$HOME/args"
cat /proc/$$/environ >"$HOME/env"
`;

Deno.test({
  name: "toSystemd() hands all texts to a process unchanged",
  ignore: !SYSTEMD,
  async fn() {
    const env = Object.fromEntries(NASTY.map((text, i) => [`V${i}`, text]));
    const { files } = toSystemd(
      plan({
        dump: {
          type: "task",
          command: ["/bin/sh", "-c", DUMP, "sh", ...NASTY],
          env: { ...env, "a.b": "$HOME %h" },
        },
      }),
      { name: "nasty", root: "/", scope: "user" },
    );
    await using systemd = await Systemd.start(files);
    const { text } = await systemd.systemctl("start", "nasty-dump");
    assertEquals(text, "");
    const read = async (name: string) => {
      const texts = await Deno.readTextFile(`${systemd.folder}/${name}`);
      return texts.split("\0").slice(0, -1);
    };
    assertEquals(await read("args"), [...NASTY]);
    const lines = await read("env");
    const wanted = Object.entries(env).map(([name, text]) => `${name}=${text}`);
    assertEquals(
      lines.filter((line) => /^V\d+=/.test(line)).sort(),
      wanted.sort(),
    );
    assertEquals(lines.includes("a.b=$HOME %h"), true);
  },
});

Deno.test({
  name: "toSystemd() hands over paths unchanged",
  ignore: !SYSTEMD,
  async fn() {
    await using folder = new Folder();
    const place = `${folder.path}/50% %h "q" \\x $HOME`;
    await Deno.mkdir(place);
    const program = `${place}/it's\n"x"`;
    await Deno.writeTextFile(program, '#!/bin/sh\npwd\nprintf %s "$1" >&2\n');
    await Deno.chmod(program, 0o755);
    const { files } = toSystemd(
      plan({
        print: {
          type: "task",
          command: [program, "$HOME"],
          cwd: place,
          output: { file: { path: `${place}/o ut`, stderr: `${place}/e%rr` } },
        },
      }),
      { name: "odd", root: "/", scope: "user" },
    );
    await using systemd = await Systemd.start(files);
    const { text } = await systemd.systemctl("start", "odd-print");
    assertEquals(text, "");
    assertEquals(await Deno.readTextFile(`${place}/o ut`), `${place}\n`);
    assertEquals(await Deno.readTextFile(`${place}/e%rr`), "$HOME");
  },
});

/** Writes what happens to a log. */
const serve = (name: string, first = "") => `
${first}
echo ${name} >>"$HOME/story"
trap 'echo "${name} stops" >>"$HOME/story"; exit 143' TERM
touch "$HOME/${name}"
sleep 500 & wait
`;

/** Crashes at the first attempt. */
const CRASH = `
[ -e "$HOME/crashed" ] || { echo crash >>"$HOME/story"; touch "$HOME/crashed"; exit 1; }
`;

const STORY = plan({
  db: {
    command: ["sh", "-c", serve("db", CRASH)],
    ready: {
      probe: exec("sh", ["-c", 'test -e "$HOME/db"']),
      intervalMs: 50,
    },
    restart: { backoff: constant(50) },
  },
  migrate: {
    type: "task",
    command: ["sh", "-c", 'echo migrate >>"$HOME/story"'],
    dependsOn: { db: "ready" },
  },
  api: {
    command: ["sh", "-c", serve("api")],
    replicas: 2,
    critical: true,
    dependsOn: {
      migrate: "completed",
      db: { when: "ready", restart: "always" },
    },
    restart: {
      backoff: constant(50),
      limit: { restarts: 3, withinMs: 60_000 },
    },
  },
});

Deno.test({
  name: "toSystemd() keeps order, restarts, and gives up",
  ignore: !SYSTEMD,
  async fn(t) {
    const options = { name: "shop", root: "/tmp", scope: "user" } as const;
    const { files } = toSystemd(STORY, options);
    await using systemd = await Systemd.start(files);
    const story = async () => {
      const path = `${systemd.folder}/story`;
      const lines = (await Deno.readTextFile(path)).trim().split("\n");
      await Deno.writeTextFile(path, "");
      return lines;
    };
    const api = ["shop-api.1", "shop-api.2"];
    const active = async () => {
      for (const unit of api) {
        await systemd.until(unit, "ActiveState", "active");
      }
    };
    await t.step("what waits starts after a second attempt", async () => {
      await systemd.systemctl("start", "shop.target");
      await active();
      assertEquals(await story(), ["crash", "db", "migrate", "api", "api"]);
    });
    await t.step("a crash restarts what depends on it", async () => {
      const before = await systemd.property("shop-api.1", "InvocationID");
      await systemd.systemctl("kill", "--signal=KILL", "shop-db");
      await systemd.until("shop-db", "NRestarts", "2");
      await active();
      const after = await systemd.property("shop-api.1", "InvocationID");
      assertEquals(before === after, false);
      const lines = await story();
      assertEquals(lines.slice(-4), ["db", "migrate", "api", "api"]);
    });
    await t.step("a stop goes in reverse order", async () => {
      await systemd.systemctl("stop", "shop.target");
      await systemd.until("shop-db", "ActiveState", "inactive");
      assertEquals(await story(), ["api stops", "api stops", "db stops"]);
      for (const unit of [...api, "shop-db"]) {
        assertEquals(await systemd.property(unit, "ActiveState"), "inactive");
      }
    });
    await t.step("the failure of a critical process stops all", async () => {
      await systemd.systemctl("reset-failed");
      await systemd.systemctl("start", "shop.target");
      for (const restarts of ["1", "2", "3"]) {
        await systemd.systemctl("kill", "--signal=KILL", "shop-api.2");
        await systemd.until("shop-api.2", "NRestarts", restarts);
        await active();
      }
      await systemd.systemctl("kill", "--signal=TERM", "shop-api.2");
      await systemd.until("shop-api.2", "ActiveState", "failed");
      await systemd.until("shop-db", "ActiveState", "inactive");
      assertEquals(
        await systemd.property("shop.target", "ActiveState"),
        "inactive",
      );
    });
  },
});

/** How often so many random plans are checked at once. */
const ROUNDS = Deno.args.includes("--full") ? 40 : 1;
const PLANS = 25;

Deno.test({
  name: "systemd-analyze accepts random plans without a word",
  ignore: !VERIFIES,
  async fn() {
    for (let round = 0; round < ROUNDS; round++) {
      const units = Array.from({ length: PLANS }, (_, i) => {
        const seed = round * PLANS + i + 1;
        const plan = randomPlan(seededRandom(seed));
        return toSystemd(plan, { name: `p${seed}`, root: "/srv/shop" }).files;
      }).flat();
      assertEquals(await verify(units), "", `round ${round}`);
    }
  },
});

Deno.test({
  name: "systemd-analyze finds what is wrong with a unit",
  ignore: !VERIFIES,
  async fn() {
    const text = "[Service]\nExecStart=/bin/true\nColour=red\n";
    const said = await verify([{ name: "wrong.service", text }]);
    assertMatch(said, /Colour/);
  },
});

Deno.test({
  name: "systemd-analyze accepts the unit of the tool without a word",
  ignore: !VERIFIES,
  async fn() {
    const { files } = selfUnit({
      name: "my shop",
      command: ["/bin/echo", "up"],
      reload: ["/bin/echo", "reload"],
      cwd: "/srv/shop",
      stopMs: 25_000,
      user: "daemon",
      environment: { PATH: "/usr/bin:/bin", NOTE: "100% $HOME" },
    });
    assertEquals(await verify(files), "");
  },
});
