import { assertEquals } from "@std/assert";
import { ConfigFolder } from "../tools/config_testing.ts";
import { faultOf, timesOf } from "./schedule.ts";
import { scheduleOf } from "./schedule_order.ts";

/** Returns the first times of a schedule after one, in UTC. */
function times(value: unknown, after: string, count: number): string[] {
  const next = timesOf(scheduleOf(value));
  const found: string[] = [];
  let time = next(Date.parse(after));
  while (time !== undefined && found.length < count) {
    found.push(new Date(time).toISOString().replace(":00.000Z", ""));
    time = next(time);
  }
  return found;
}

const BERLIN = "Europe/Berlin";

const ROWS: readonly [string, unknown, string, string[]][] = [
  [
    "a time that clocks skip comes right after it",
    { cron: "30 2 * * *", timeZone: BERLIN },
    "2026-03-28T12:00Z",
    ["2026-03-29T01:00", "2026-03-30T00:30"],
  ],
  [
    "a time that comes twice is the first of the two",
    { cron: "30 2 * * *", timeZone: BERLIN },
    "2026-10-24T12:00Z",
    ["2026-10-25T00:30", "2026-10-26T01:30"],
  ],
  [
    "a step goes on through the hour that comes twice",
    { cron: "*/30 * * * *", timeZone: BERLIN },
    "2026-10-25T00:00Z",
    ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"],
  ],
  [
    "the day of the month or of the week is enough",
    { cron: "0 3 1 * MON", timeZone: "UTC" },
    "2026-11-28T12:00Z",
    ["2026-11-30T03:00", "2026-12-01T03:00"],
  ],
  [
    "a time can be years away",
    { cron: "0 0 29 2 *", timeZone: "UTC" },
    "2026-11-28T12:00Z",
    ["2028-02-29T00:00", "2032-02-29T00:00"],
  ],
];

for (const [name, schedule, after, expected] of ROWS) {
  Deno.test(`timesOf(): ${name}`, () => {
    assertEquals(times(schedule, after, expected.length), expected);
  });
}

Deno.test("faultOf() says what is wrong in the words of a person", () => {
  const now = Date.parse("2026-11-28T12:00Z");
  const fault = (value: unknown) => faultOf(scheduleOf(value), now);
  assertEquals(fault("0 3 * * MON-FRI"), undefined);
  assertEquals(fault("*/10 * * * * *"), undefined);
  assertEquals(fault("@daily"), undefined);
  const rows: [string, string][] = [
    ["60 * * * *", "cannot contain 60: minutes go from 0 to 59"],
    ["0 25 * * *", "cannot contain 25: hours go from 0 to 23"],
    [
      "0 3 * * 8",
      "cannot contain 8: days of the week go from 0 (Sunday) to 6, or have names",
    ],
    [
      "0 3 * *",
      "must have five fields, minute, hour, day, month and day of the week, or six with the second first, not 4",
    ],
    [
      "0 3 * * * * 2027",
      "must have five fields, minute, hour, day, month and day of the week, or six with the second first, not 7",
    ],
    ["0 x * * *", 'cannot contain "x"'],
    ["*/0 * * * *", "cannot have a step of 0"],
    ["5-1 * * * *", "cannot contain 5-1: it goes backward"],
    ["0 0 30 2 *", "never comes: no date matches it"],
    [
      "@reboot",
      "cannot be @reboot: the named ones are @yearly, @annually, @monthly, @weekly, @daily, @hourly",
    ],
  ];
  for (const [cron, message] of rows) {
    assertEquals(fault(cron), { option: "cron", message }, cron);
  }
  assertEquals(fault({ cron: "0 3 * * *", timeZone: "Mars/Base" }), {
    option: "timeZone",
    message: 'must be a time zone such as Europe/Berlin, not "Mars/Base"',
  });
});

Deno.test("A configuration with a wrong schedule is refused, with all places", async () => {
  await using folder = new ConfigFolder({
    "processman.yaml": `processes:
  backup: { command: [a], schedule: 0 25 * * * }
  report: { command: [a], schedule: { cron: 0 3 * * *, timeZone: Nowhere } }
  web: { command: [a], type: service, schedule: 0 3 * * * }
  job: { command: [a], type: task, restart: { schedule: 0 3 * * * } }
  api: { command: [a], restart: { schedule: { cron: 1 2 } } }
  mail: { command: [a], dependsOn: { backup: completed } }
`,
  });
  assertEquals(await folder.faults(), [
    "processman.yaml:2:37: processes.backup.schedule cannot contain 25: hours go from 0 to 23",
    'processman.yaml:3:66: processes.report.schedule.timeZone must be a time zone such as Europe/Berlin, not "Nowhere"',
    "processman.yaml:4:39: processes.web.schedule is only for tasks: write type: task, or restart: { schedule } to restart a service",
    "processman.yaml:5:47: processes.job.restart.schedule is only for services: a task has schedule",
    "processman.yaml:6:53: processes.api.restart.schedule.cron must have five fields, minute, hour, day, month and day of the week, or six with the second first, not 2",
    'processman.yaml:7:38: processes.mail.dependsOn.backup: "backup" runs only at the times of its schedule, so nothing can wait for it',
  ]);
});
