import { assertEquals, assertThrows } from "@std/assert";
import { SYSTEMD, Systemd } from "../tools/systemd.ts";
import { selfUnit, type SelfUnitOptions } from "./mod.ts";

const OPTIONS: SelfUnitOptions = {
  name: "shop",
  command: ["/usr/local/bin/processman", "up"],
  reload: ["/usr/local/bin/processman", "reload"],
  cwd: "/srv/shop",
  stopMs: 25_000,
};

Deno.test("selfUnit() writes the unit that runs the tool", () => {
  const { files, notes } = selfUnit({
    ...OPTIONS,
    user: "shop",
    environment: { PATH: "/usr/bin:/bin", NOTE: "50% $HOME" },
  });
  assertEquals(notes, []);
  assertEquals(files, [{
    name: "shop.service",
    text: `[Unit]
Description=Processes of shop
After=network.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/local/bin/processman up
ExecReload=/usr/local/bin/processman reload
WorkingDirectory=/srv/shop
User=shop
Environment=PATH=/usr/bin:/bin
Environment="NOTE=50%% $HOME"
# Starts wait until all processes are ready.
TimeoutStartSec=infinity
# The processes are stopped by the tool, which then ends with 143.
KillMode=mixed
TimeoutStopSec=25s
SuccessExitStatus=143
Restart=on-failure
RestartSec=5s

[Install]
WantedBy=multi-user.target
`,
  }]);
});

/** Options that are wrong, and what is said about each. */
const WRONG: readonly [Partial<SelfUnitOptions>, string][] = [
  [{ name: "" }, 'Option "name" must be a name'],
  [{ command: ["processman", "up"] }, 'Option "command" must be a command'],
  [{ reload: ["processman"] }, 'Option "reload" must be a command'],
  [{ cwd: "shop" }, 'Option "cwd" must be an absolute path'],
  [{ cwd: "/a\nb" }, 'Option "cwd" must be an absolute path'],
  [{ stopMs: 0 }, 'Option "stopMs" must be a number > 0'],
  [{ user: "shop", scope: "user" }, 'Option "user" must be left out'],
  [{ user: "a:b" }, "systemd accepts no user"],
  [{ environment: { "a.b": "1" } }, 'Option "environment" must be variables'],
];

Deno.test("selfUnit() refuses what no unit can have", () => {
  for (const [wrong, message] of WRONG) {
    assertThrows(() => selfUnit({ ...OPTIONS, ...wrong }), TypeError, message);
  }
});

/** Does what `processman up` does for systemd. */
const UP = `
trap 'systemd-notify STOPPING=1; kill $!; exit 143' TERM
sleep 500 &
systemd-notify --ready --status='all ready'
wait
`;

Deno.test({
  name: "selfUnit() makes systemd wait for the tool, and leave the rest to it",
  ignore: !SYSTEMD,
  async fn() {
    const { files } = selfUnit({
      ...OPTIONS,
      command: ["/bin/sh", "-c", UP],
      cwd: "/tmp",
      scope: "user",
    });
    await using systemd = await Systemd.start(files);
    const { text } = await systemd.systemctl("start", "shop");
    assertEquals(text, "");
    assertEquals(await systemd.property("shop", "StatusText"), "all ready");
    await systemd.systemctl("stop", "shop");
    // A unit that has failed would still be there.
    const state = await systemd.property("shop", "ActiveState");
    assertEquals(state, "inactive");
  },
});
