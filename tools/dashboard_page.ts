/**
 * The page of the dashboard as people find their way in it: by roles, names and
 * texts.
 *
 * @module
 */

import type { Locator, Page } from "./browser.ts";

/** The views, as the address names them. */
export type ViewName = "grid" | "log" | "graph" | "time";

/** The titles of the views. */
export const TITLES: Readonly<Record<ViewName, string>> = {
  grid: "Processes",
  log: "Log",
  graph: "Graph",
  time: "Time line",
};

/** The page of a dashboard. */
export class DashboardPage {
  /** The page. */
  readonly page: Page;

  /** Wraps a page. */
  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a view by its link. */
  async open(view: ViewName): Promise<void> {
    const link = this.page.getByRole("navigation", { name: "Views" })
      .getByRole("link", { name: TITLES[view], exact: true });
    await link.click();
    await this.page.locator('[aria-current="page"]', {
      hasText: TITLES[view],
    }).waitFor();
  }

  /** Goes to a place, as a link in the page does. */
  async goto(hash: string): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  }

  /** The row of a process in the grid. */
  row(name: string): Locator {
    return this.page.getByRole("row").filter({
      has: this.page.getByRole("link", { name, exact: true }),
    });
  }

  /** Waits until the row of a process shows a state. */
  async shows(name: string, state: string): Promise<void> {
    const exactly = new RegExp(`^\\W*${state}$`);
    await this.row(name).locator(".badge", { hasText: exactly }).waitFor();
  }

  /** A button of the page, by its whole name. */
  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Opens the menu of a process, and chooses from it. */
  async choose(process: string, item: string): Promise<void> {
    await this.button(`More for ${process}`).click();
    await this.page.getByRole("menuitem", { name: item, exact: true }).click();
  }

  /** The dialog that is open. */
  dialog(title: string | RegExp): Locator {
    return this.page.getByRole("dialog", { name: title });
  }

  /** Waits for a message about what was done. */
  async told(text: string): Promise<void> {
    await this.page.getByRole("region", { name: "Messages" })
      .getByText(text, { exact: true }).waitFor();
  }

  /**
   * Waits until the row of a process has a text, and returns when that was, in
   * milliseconds since the epoch.
   */
  seen(name: string, pattern: RegExp): Promise<number> {
    return this.page.evaluate<number>(`new Promise((resolve) => {
      const pattern = ${pattern};
      const look = () => {
        for (const row of document.querySelectorAll("tr, [role=row]")) {
          const link = [...row.querySelectorAll("a")]
            .some((each) => each.textContent === ${JSON.stringify(name)});
          if (link && pattern.test(row.innerText)) {
            observer.disconnect();
            resolve(Date.now());
            return;
          }
        }
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, {
        childList: true,
        subtree: true,
        characterData: true,
        attributes: true,
      });
      look();
    })`);
  }
}
