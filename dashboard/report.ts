/**
 * Makes a page of a report: one file, which opens offline.
 *
 * @module
 */

import { CSS, HTML, ICON, JS } from "./assets.ts";
import { REPORT_ID, type ReportData } from "./report_data.ts";

/**
 * Returns a page that shows a report. It is the page of the dashboard with the
 * data in it; it asks nobody for anything.
 *
 * @param data What it shows.
 * @returns A promise of the HTML.
 */
export async function reportPage(data: ReportData): Promise<string> {
  const style = CSS.replaceAll(/<\/style/gi, "<\\/style");
  const script = JS.replaceAll(/<\/script/gi, "<\\/script")
    .replaceAll("<!--", "<\\!--");
  const policy = [
    "default-src 'none'",
    `style-src '${await hashOf(style)}'`,
    `script-src '${await hashOf(script)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const icon = `data:image/svg+xml,${encodeURIComponent(ICON)}`;
  const json = `<script type="application/json" id="${REPORT_ID}">${
    embedded(data)
  }</script>`;
  return [
    [
      '<meta charset="utf-8">',
      '<meta charset="utf-8">\n' +
      `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    ],
    ["/icon.svg", icon],
    ['<link rel="stylesheet" href="/page.css">', `<style>${style}</style>`],
    [
      '<script src="/page.js"></script>',
      `${json}\n<script>${script}</script>`,
    ],
  ].reduce((html, [from = "", to = ""]) => withPart(html, from, to), HTML);
}

/** Replaces a part of the page, which must be there exactly once. */
function withPart(html: string, from: string, to: string): string {
  const at = html.indexOf(from);
  if (at < 0) throw new Error(`The page has no part ${from}`);
  return html.slice(0, at) + to + html.slice(at + from.length);
}

/** Writes data as JSON in which there is no markup. */
function embedded(data: ReportData): string {
  return JSON.stringify(data).replace(
    /[<\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Returns the hash of a script or style, as a policy has it. */
async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return `sha256-${new Uint8Array(hash).toBase64()}`;
}
