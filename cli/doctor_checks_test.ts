import { assert, assertEquals } from "@std/assert";
import { FAULTY, OLDEST } from "../tools/versions.ts";
import { CHECKS, examine, FAULTY_DENO, OLDEST_DENO } from "./doctor_checks.ts";
import { findingsText, soundText } from "./doctor.ts";
import type { ConfigFacts, Facts } from "./doctor_facts.ts";

const CONFIG: ConfigFacts = {
  file: "/shop/processman.yaml",
  faults: [],
  logs: null,
  processes: 3,
  users: [],
  watched: [],
  terminals: [],
  syslog: [],
  journald: [],
  ports: [{ port: 8000, name: "web", taken: false }],
};

/** A machine on which nothing is missing. */
const SOUND: Facts = {
  deno: "2.9.6",
  os: "linux",
  now: Date.UTC(2026, 0, 1),
  programs: {
    sh: true,
    ps: true,
    setsid: true,
    setpriv: true,
    logger: true,
    "systemd-notify": true,
  },
  runtime: {
    fault: null,
    socketBytes: 60,
    variable: "/run/user/1000",
    owner: 1000,
    uid: 1000,
    loginFolder: true,
  },
  state: { folder: "/state", writable: true, freeBytes: 10e9 },
  config: CONFIG,
  running: false,
  died: [],
  silent: [],
  openFiles: 1024,
  watches: 524_288,
  container: false,
  init: "systemd",
  systemd: true,
  linger: true,
  user: "me",
  libc: true,
  journal: true,
  notified: true,
};

/** Returns a machine without some programs. */
function without(...names: (keyof Facts["programs"])[]): Partial<Facts> {
  const missing = Object.fromEntries(names.map((name) => [name, false]));
  return { programs: { ...SOUND.programs, ...missing } };
}

const runtime = (change: Partial<Facts["runtime"]>): Partial<Facts> => ({
  runtime: { ...SOUND.runtime, ...change },
});
const state = (change: Partial<Facts["state"]>): Partial<Facts> => ({
  state: { ...SOUND.state, ...change },
});
const config = (change: Partial<ConfigFacts>): Partial<Facts> => ({
  config: { ...CONFIG, ...change },
});
const taken = config({ ports: [{ port: 8000, name: "web", taken: true }] });
const gone = { name: "shop", text: "process 7 died", stale: null };

/** What makes each finding appear, in the order of the checks. */
const CASES: readonly [id: string, change: Partial<Facts>, fix: string][] = [
  [
    "platform",
    { os: "windows" },
    "Use the library in a program of your own, or Linux, such as in WSL.",
  ],
  ["deno", { deno: "2.7.5" }, "deno upgrade"],
  ["deno", { deno: "2.8.3" }, "deno upgrade"],
  ["clock", { now: 0 }, "timedatectl set-ntp true"],
  [
    "runtime-folder",
    runtime({ fault: "The folder is open" }),
    "Do what the message says; XDG_RUNTIME_DIR and TMPDIR choose the folder.",
  ],
  [
    "socket-path",
    runtime({ socketBytes: 104 }),
    "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
  ],
  [
    "state-folder",
    state({ writable: false }),
    "Set XDG_STATE_HOME, or logs.folder of the configuration, to a folder " +
    "in which you can write.",
  ],
  [
    "sh",
    without("sh"),
    "Use an image with a shell, such as debian:stable-slim.",
  ],
  ["ps", { os: "darwin", ...without("ps") }, "Add /bin to PATH."],
  [
    "setpriv",
    { ...config({ users: ["db"] }), ...without("setpriv") },
    "apt-get install util-linux",
  ],
  [
    "terminal",
    { ...config({ terminals: ["a"] }), libc: false },
    "Use Linux with glibc, such as Debian, or leave out tty.",
  ],
  [
    "logger",
    { ...config({ syslog: ["a"] }), ...without("logger") },
    "apt-get install bsdutils",
  ],
  [
    "journald",
    { ...config({ journald: ["a"] }), journal: false },
    "Write them to a file or to syslog, as output.file and output.syslog do.",
  ],
  [
    "configuration",
    config({ faults: ["a.yaml:1:1: wrong"] }),
    "processman check",
  ],
  ["port", taken, "lsof -nP -iTCP:8000 -sTCP:LISTEN"],
  [
    "died",
    { died: [{ ...gone, config: "/it's/a.yaml" }] },
    "processman up -d -f '/it'\\''s/a.yaml'",
  ],
  [
    "died",
    { died: [{ ...gone, config: null }] },
    'Start the program again that exposed "shop".',
  ],
  [
    "died",
    { died: [{ ...gone, config: "/a.yaml", stale: "/run/1/record.json" }] },
    "rm '/run/1/record.json'",
  ],
  ["silent", { silent: [{ name: "shop", pid: 7 }] }, "kill 7"],
  ["init", { container: true, init: "deno" }, "docker run --init"],
  ["open-files", config({ processes: 200 }), "ulimit -n 4096"],
  [
    "watches",
    { watches: 8192, ...config({ watched: ["a", "b", "c", "d"] }) },
    "sudo sysctl fs.inotify.max_user_watches=524288",
  ],
  ["disk", state({ freeBytes: 5e6 }), "df -h /state"],
  ["foreign-runtime-dir", runtime({ owner: 0 }), "unset XDG_RUNTIME_DIR"],
  [
    "foreign-runtime-dir",
    runtime({ owner: null, loginFolder: false }),
    "unset XDG_RUNTIME_DIR",
  ],
  ["linger", { linger: false }, "loginctl enable-linger me"],
  ["systemd-notify", without("systemd-notify"), "apt-get install systemd"],
  ["setsid", without("setsid"), "apt-get install util-linux"],
  [
    "no-runtime-dir",
    runtime({ variable: undefined, owner: 1000, loginFolder: false }),
    "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
  ],
];

Deno.test("examine() finds nothing on a sound machine", () => {
  const sound: readonly Partial<Facts>[] = [
    {},
    { os: "darwin", watches: null, openFiles: null, systemd: false },
    // What is missing matters only where it is used.
    { journal: false, ...without("setpriv", "ps", "logger") },
    { notified: false, ...without("systemd-notify") },
    { watches: 8192 },
    { container: true, init: "tini" },
    { ...taken, running: true },
    { linger: false, systemd: false },
    state({ freeBytes: null }),
  ];
  for (const change of sound) {
    assertEquals(examine({ ...SOUND, ...change }), []);
  }
});

Deno.test("examine() finds each thing that is wrong, and says what to do", () => {
  for (const [id, change, fix] of CASES) {
    const findings = examine({ ...SOUND, ...change });
    assertEquals(findings.map((each) => [each.id, each.fix]), [[id, fix]]);
    for (const { what, why } of findings) {
      assert(/[^.]$/.test(what) && /\.$/.test(why), what);
    }
  }
  for (const check of CHECKS) {
    const found = CASES.some(([, change]) =>
      check({ ...SOUND, ...change }).length > 0
    );
    assert(found, `no case for ${check}`);
  }
});

Deno.test("examine() begins with what matters most", () => {
  const findings = examine({
    ...SOUND,
    linger: false,
    container: true,
    init: "sleep",
    ...taken,
  });
  assertEquals(
    findings.map(({ id, weight }) => [id, weight]),
    [["port", "fault"], ["init", "risk"], ["linger", "risk"]],
  );
});

Deno.test("The versions of Deno are those that the project knows", () => {
  assertEquals([OLDEST_DENO, FAULTY_DENO], [OLDEST, FAULTY]);
});

Deno.test("soundText() is a line, and findingsText() three for each finding", () => {
  assertEquals(
    soundText(SOUND),
    "Nothing is missing: Deno 2.9.6 on linux, /shop/processman.yaml with 3 processes\n",
  );
  assertEquals(
    findingsText(examine({ ...SOUND, deno: "2.8.3" })),
    `risk: This is Deno 2.8.3
  Why it matters: On this version, a supervisor does not end while another process holds open an output of a process that has ended.
  What to do:     deno upgrade
`,
  );
});
