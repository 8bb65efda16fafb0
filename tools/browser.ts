/**
 * Chromium for tests and pictures of the dashboard.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Page,
} from "npm:playwright-core@1.65.1";

export type { Browser, Locator, Page } from "npm:playwright-core@1.65.1";

/** Where Debian has it. */
const CHROMIUM = "/usr/bin/chromium";

/** Tells the console of violations of the content security policy. */
const REPORT_VIOLATIONS = `
addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP:", event.effectiveDirective, event.blockedURI);
});`;

/** How long anything on a page may take, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Returns whether Chromium is installed, and can be started. */
export function hasChromium(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch {
    return false;
  }
}

/** Starts Chromium, which asks no other machine for anything. */
export async function launchChromium(
  ...args: readonly string[]
): Promise<Browser> {
  // Most tests that import this module have no permission to load the package.
  const { chromium } = await import("npm:playwright-core@1.65.1");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
}

/** Options of a visit: those of a context of Playwright, and more. */
export interface VisitOptions extends BrowserContextOptions {
  /** What may be requested besides what is at the address of the first page. */
  origins?: readonly string[];
}

/**
 * A browser with nothing stored, and a page in it. Its disposal fails if the
 * page wrote an error to the console, threw, violated its content security
 * policy, or asked another origin for anything.
 */
export class Visit implements AsyncDisposable {
  /** The page. */
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #origins: Set<string>;

  /** @ignore Called by `open()`. */
  constructor(context: BrowserContext, page: Page, origins: readonly string[]) {
    this.#context = context;
    this.page = page;
    this.#origins = new Set(origins.map((url) => new URL(url).origin));
    context.on("console", (message) => {
      if (message.type() !== "error") return;
      this.#note(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.#note(`thrown: ${error.error()}`));
    context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (!protocol.startsWith("http") || this.#origins.has(origin)) return;
      this.#note(`request: ${request.url()}`);
    });
  }

  /** The context of the page, for more pages of the same visitor. */
  get context(): BrowserContext {
    return this.#context;
  }

  /** Goes to an address, which may be asked for anything from now on. */
  async goto(url: string): Promise<void> {
    this.#origins.add(new URL(url).origin);
    await this.page.goto(url);
  }

  /** Lets a problem happen whose description matches. */
  expect(...patterns: readonly RegExp[]): void {
    this.#expected.push(...patterns);
  }

  /** Closes the page, and throws if there was a problem. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    const found = this.#problems.filter((text) =>
      !this.#expected.some((pattern) => pattern.test(text))
    );
    assertEquals(found, [], "what went wrong in the page");
  }

  #note(problem: string): void {
    this.#problems.push(problem);
  }
}

/** What the console says of requests while the supervisor is gone. */
export const REFUSED: RegExp =
  /^console: Failed to load resource: (?:the server responded with a status of 502|net::ERR_)/;

/** Visits pages with the Chromium of a file of tests. */
export type Open = (options?: VisitOptions) => Promise<Visit>;

/**
 * Starts Chromium before the tests of a file, and ends it after them. Returns
 * how to visit pages with it.
 */
export function useChromium(...args: readonly string[]): Open {
  let browser: Browser | undefined;
  Deno.test.beforeAll(async () => {
    if (hasChromium()) browser = await launchChromium(...args);
  });
  Deno.test.afterAll(async () => {
    await browser?.close();
  });
  return async (options = {}) => {
    if (browser === undefined) throw new Error("There is no Chromium");
    return await visit(browser, options);
  };
}

/** Visits pages with a browser that has been started. */
export async function visit(
  browser: Browser,
  { origins = [], ...options }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript({ content: REPORT_VIOLATIONS });
  return new Visit(context, await context.newPage(), origins);
}

/** Adds a test that needs Chromium; where there is none, it is ignored. */
export function browserTest(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !hasChromium(),
    async fn(t) {
      try {
        await fn(t);
      } catch (error) {
        throw unfolded(error);
      }
    },
  });
}

/** Deno does not print what a `SuppressedError` consists of. */
function unfolded(error: unknown): unknown {
  const all: unknown[] = [];
  let next = error;
  for (; next instanceof SuppressedError; next = next.suppressed) {
    all.unshift(next.error);
  }
  all.unshift(next);
  return all.length === 1
    ? error
    : new AggregateError(all, "the first of these is the cause");
}
