import { assert, assertEquals, assertMatch } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const CONFIG = `processes:
  tick: { shell: echo tick, schedule: "* * * * * *" }
  backup: { shell: echo backed up, schedule: { cron: 0 3 1 * *, timeZone: UTC } }
`;

Deno.test(
  "Scheduled tasks keep a supervisor up; they run by hand, and are suspended",
  {
    ignore,
  },
  async () => {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    await using up = tool.start("processman up");
    for (let i = 0; i < 2; i++) await up.stdout.line(/^tick +\| tick/);
    const hand = await tool.run("processman start backup");
    assertEquals([hand.stderr, hand.status], ["backup: started\n", 0]);
    await up.stdout.line(/^backup +\| backed up/);
    const again = "processman start backup && processman stop tick";
    assertEquals((await tool.run(again)).status, 0);
    await up.stdout.line(/^backup +\| backed up/);
    const { stdout } = await tool.run("processman ps --json");
    const [tick, backup] = JSON.parse(stdout);
    assertEquals(tick.state, "stopped");
    assertEquals(tick.why, "tick was stopped; its schedule waits for a start");
    assertEquals(tick.schedule, { action: "run", next: null, suspended: true });
    assertEquals([backup.state, backup.run], ["completed", 2]);
    assertMatch(backup.why, /^backup is completed; next run at .*03:00, in \d/);
    assert(backup.schedule.next > Date.now());
    up.signal("SIGINT");
    assertEquals((await up.ended).status, 130);
  },
);
