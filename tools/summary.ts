import { stripVTControlCharacters } from "node:util";

/** What a run of `deno test` says about itself. */
export interface Summary {
  /** How many tests passed. */
  readonly passed: number;
  /** How many tests failed. */
  readonly failed: number;
  /** The tests that were ignored. */
  readonly ignored: readonly IgnoredTest[];
  /** The last line: how many tests ended how, and the time they took. */
  readonly line: string;
}

/** A test that was ignored. */
export interface IgnoredTest {
  /** The file it is in, as `deno test` names it. */
  readonly file: string;
  /** Its name. */
  readonly name: string;
}

/** Reads the output of `deno test`; `undefined` if it did not get to its end. */
export function summarize(output: string): Summary | undefined {
  const ignored: IgnoredTest[] = [];
  let file = "";
  let summary: Summary | undefined;
  for (const line of stripVTControlCharacters(output).split("\n")) {
    file = line.match(/^running \d+ tests? from (.+)$/)?.[1] ?? file;
    const name = line.match(/^(\S.*) \.\.\. ignored \(/)?.[1];
    if (name !== undefined) ignored.push({ file, name });
    const end = line.match(/^(?:ok|FAILED) \| (\d+) passed.* \| (\d+) failed/);
    if (end) {
      const [passed, failed] = [Number(end[1]), Number(end[2])];
      summary = { passed, failed, ignored, line };
    }
  }
  return summary;
}

/** Returns the `--filter` for `deno test` that finds exactly these tests. */
export function filterFor(tests: readonly IgnoredTest[]): string {
  const names = tests
    .map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return `/^(?:${names.join("|")})$/`;
}
