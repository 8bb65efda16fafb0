/**
 * Opens a link in the browser.
 *
 * @module
 */

import type { Place } from "../control/client.ts";
import { linkFile } from "./web_job.ts";

/** The programs that open a file, as the system has it. */
const OPENERS: Readonly<Record<string, string>> = { darwin: "open" };

/**
 * Opens a link in the browser of the user. Everyone can see the arguments of
 * programs, so the program that opens it gets a file that leads to the link.
 *
 * @param link The link.
 * @param place The place of the supervisor; only its owner can enter its folder.
 * @returns Why that was not possible; `undefined` if it was.
 */
export async function openLink(
  link: string,
  place: Place,
): Promise<string | undefined> {
  const path = linkFile(place);
  const program = OPENERS[Deno.build.os] ?? "xdg-open";
  try {
    await Deno.writeTextFile(path, redirection(link), { mode: 0o600 });
    const { success, stderr } = await new Deno.Command(program, {
      args: [path],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) return undefined;
    const said = new TextDecoder().decode(stderr).trim();
    return `${program} failed${said === "" ? "" : `: ${said}`}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return `there is no program ${program}`;
    }
    return error instanceof Error ? error.message : String(error);
  }
}

function redirection(link: string): string {
  return `<!DOCTYPE html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${link}">
<title>processman</title>
`;
}
