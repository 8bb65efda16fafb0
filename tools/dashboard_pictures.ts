// deno-lint-ignore-file no-console
/**
 * Makes pictures of all views, to be looked at: `deno task pictures [FOLDER]`.
 * Those of the documentation go into `docs/pictures` unless a folder is given;
 * the others go into a temporary folder.
 *
 * @module
 */

import { type Browser, launchChromium, visit } from "./browser.ts";
import {
  DashboardStage,
  type Entries,
  jobs,
  shell,
  troubledShop,
} from "./dashboard_stage.ts";
import { root } from "./package.ts";
import { decodePng, encodePng } from "./png.ts";

/** The places of the page, by the names of their pictures. */
const PLACES: Readonly<Record<string, string>> = {
  grid: "#/",
  log: "#/log",
  graph: "#/graph",
  "graph-list": "#/graph?as=list",
  time: "#/time",
  process: "#/process/worker",
};

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 380, height: 800 };

/** How the page is seen, by what is added to the names of the pictures. */
const LOOKS = {
  "": { colorScheme: "light", viewport: WIDE },
  "-dark": { colorScheme: "dark", viewport: WIDE },
  "-narrow": { colorScheme: "light", viewport: NARROW },
  "-narrow-dark": { colorScheme: "dark", viewport: NARROW },
} as const;

/** The pictures of the documentation. */
const KEPT = ["grid", "grid-dark", "log", "graph", "time", "process"];

/** How long the processes run before a picture is taken, in milliseconds. */
const SETTLE_MS = 20_000;

/** Where pictures are written. */
interface Folders {
  /** Those of the documentation. */
  readonly kept: string;
  /** The others. */
  readonly others: string;
}

if (import.meta.main) await main(Deno.args[0]);

async function main(folder: string | undefined): Promise<void> {
  const kept = folder ?? new URL("docs/pictures", root).pathname;
  await Deno.mkdir(kept, { recursive: true });
  const others = folder ?? await Deno.makeTempDir({ prefix: "pictures_" });
  const folders = { kept, others };
  const browser = await launchChromium();
  try {
    await shop(browser, folders);
    await crowd(browser, folders);
    await emptiness(browser, folders);
  } finally {
    await browser.close();
  }
  console.log(`The pictures are in ${kept} and ${others}`);
}

/** Pictures of a few processes, some of which are in trouble. */
async function shop(browser: Browser, folders: Folders): Promise<void> {
  await using stage = await DashboardStage.open(troubledShop());
  await pictures(browser, stage, folders, "", LOOKS);
}

/** Pictures of a hundred processes. */
async function crowd(browser: Browser, folders: Folders): Promise<void> {
  const shop = troubledShop();
  const entries: Record<string, Entries[string]> = {
    ...shop,
    ...jobs(100 - Object.keys(shop).length),
  };
  await using stage = await DashboardStage.open(entries);
  await pictures(browser, stage, folders, "many-", LOOKS);
}

/** Pictures of a supervisor of one process that has written nothing. */
async function emptiness(browser: Browser, folders: Folders): Promise<void> {
  await using stage = await DashboardStage.open({
    worker: { command: shell("exec sleep 1000") },
  });
  await stage.supervisor.app.stop("worker");
  await pictures(browser, stage, folders, "empty-", {
    "": LOOKS[""],
    "-narrow-dark": LOOKS["-narrow-dark"],
  });
  await using visited = await visit(browser, LOOKS[""]);
  await visited.goto(stage.dashboard.url);
  await visited.page.getByText("processman web").first().waitFor();
  await save(await visited.page.screenshot(), folders, "locked");
}

/** Makes a picture of each place, in each look. */
async function pictures(
  browser: Browser,
  stage: DashboardStage,
  folders: Folders,
  prefix: string,
  looks: Readonly<Record<string, typeof LOOKS[keyof typeof LOOKS]>>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const visits = await Promise.all(
    Object.entries(looks).map(async ([suffix, look]) => {
      const visited = stack.use(await visit(browser, look));
      await visited.goto(stage.link());
      return [suffix, visited.page] as const;
    }),
  );
  // The sparklines and the time line begin with the visit.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  for (const [suffix, page] of visits) {
    for (const [name, place] of Object.entries(PLACES)) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await page.waitForTimeout(1_000);
      const file = `${prefix}${name}${suffix}`;
      await save(await page.screenshot(), folders, file);
    }
  }
}

async function save(
  png: Uint8Array,
  { kept, others }: Folders,
  name: string,
): Promise<void> {
  const folder = KEPT.includes(name) ? kept : others;
  const small = await encodePng(await decodePng(png));
  await Deno.writeFile(`${folder}/${name}.png`, small);
}
