import { assert, assertEquals } from "@std/assert";
import { mock } from "node:test";
import { KnownPrograms } from "./find_program.ts";

Deno.test("KnownPrograms looks once for each program that can be executed", () => {
  let errno = 0;
  const asked = mock.method(
    Deno.Command.prototype,
    "outputSync",
    () => {
      const text = `${errno}\0/bin/program\0/usr/bin/setsid\0`;
      return { stdout: new TextEncoder().encode(text) } as Deno.CommandOutput;
    },
  );
  /** Counts the searches that an action makes. */
  const searches = (act: () => void): number => {
    const before = asked.mock.callCount();
    act();
    return asked.mock.callCount() - before;
  };
  const programs = new KnownPrograms();
  const get = (program: string, as: string[] = []) =>
    programs.get({ program, path: "/bin", as });
  try {
    assertEquals(searches(() => get("first").find()), 1);
    assertEquals(searches(() => get("first").find()), 0);
    assertEquals(searches(() => get("first", ["setpriv"]).find()), 1);
    get("first").forget();
    assertEquals(searches(() => get("first").find()), 1);

    errno = 2;
    assertEquals(searches(() => get("missing").find()), 1);
    assertEquals(searches(() => get("missing").find()), 1);
    assert(!get("missing").stillBroken(), "it was not marked");
    get("missing").markBroken();
    assert(get("missing").stillBroken());
    assert(!get("missing").stillBroken(), "the mark is removed");

    errno = 0;
    for (let i = 0; i < 998; i++) get(`${i}`).find();
    assertEquals(searches(() => get("997").find()), 0);
    assertEquals(searches(() => get("first").find()), 0);
    get("one more").find();
    assertEquals(searches(() => get("first").find()), 0);
    get("and another").find();
    assertEquals(searches(() => get("first").find()), 1, "it was the oldest");
  } finally {
    asked.mock.restore();
  }
});
