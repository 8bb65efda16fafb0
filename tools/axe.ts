/**
 * Checks pages for what keeps people from using them, by axe-core.
 *
 * @module
 */

import type { Page } from "./browser.ts";

/** What axe says of an element that violates a rule. */
interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly {
    readonly html: string;
    readonly failureSummary?: string;
  }[];
}

/** The rules: WCAG 2.2 up to AA, and what is good practice besides. */
const TAGS = [
  "wcag2a",
  "wcag2aa",
  "wcag21a",
  "wcag21aa",
  "wcag22aa",
  "best-practice",
];

/** How much of an element is shown. */
const SHOWN = 160;

/** The rule that takes longest, and depends on the colors alone. */
const CONTRAST = "color-contrast";

/**
 * Returns what violates the rules in a page as it is now, in words.
 *
 * @param page The page.
 * @param about All rules, those about colors, or the others.
 */
export async function violationsOf(
  page: Page,
  about: "all" | "colors" | "others" = "all",
): Promise<string[]> {
  const { default: axe } = await import("npm:axe-core@4.14.1");
  if (!await page.evaluate("'axe' in globalThis")) {
    await page.evaluate(axe.source);
  }
  const options = {
    resultTypes: ["violations"],
    runOnly: about === "colors" ? [CONTRAST] : TAGS,
    rules: about === "others" ? { [CONTRAST]: { enabled: false } } : {},
  };
  const violations: readonly Violation[] = await page.evaluate(
    `axe.run(document, ${JSON.stringify(options)})
      .then(({ violations }) => violations)`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) =>
      `${id}: ${help}: ${html.slice(0, SHOWN)}: ${failureSummary}`
    )
  );
}
