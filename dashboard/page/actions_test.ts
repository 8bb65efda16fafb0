import { assertEquals } from "@std/assert";
import { Actions } from "./actions.ts";
import { LockedSource } from "./locked_source.ts";
import { RefusedError } from "./source.ts";
import { Store } from "./store.ts";

/** A source on which things can be done, when a test says so. */
class Acting extends LockedSource {
  override readonly readOnly = false;
  readonly done: [string, unknown][] = [];
  next = Promise.withResolvers<never>();

  constructor() {
    super("it knows nothing");
  }

  override act(action?: string, body?: unknown): Promise<never> {
    this.done.push([action ?? "", body]);
    return this.next.promise;
  }
}

/** Returns the actions of a page, and what they are done on. */
function page(): { actions: Actions; source: Acting } {
  const source = new Acting();
  return { actions: new Actions(new Store(source)), source };
}

/** Waits until nothing is going on. */
async function idle(actions: Actions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = actions.subscribe(() => {
    if (actions.doings.pending.size === 0) resolve();
  });
  await promise;
  end();
}

Deno.test("Actions does nothing twice at a time", async () => {
  const { actions, source } = page();
  const deed = { action: "stop", names: ["api"] } as const;
  actions.request(deed);
  actions.request({ ...deed });
  assertEquals(actions.doings.pending.size, 1);
  source.next.reject(new RefusedError("no"));
  await idle(actions);
  assertEquals(source.done, [["stop", { names: ["api"] }]]);
});

Deno.test("Actions tells what the supervisor says when it refuses", async () => {
  const { actions, source } = page();
  actions.request({ action: "start", names: ["api"] });
  source.next.reject(new RefusedError("api is blocked: db failed"));
  await idle(actions);
  const [toast] = actions.doings.toasts;
  assertEquals(toast?.title, "Could not start api");
  assertEquals(toast?.text, "api is blocked: db failed");
  actions.dismiss(toast?.id ?? 0);
  assertEquals(actions.doings.toasts, []);
});

Deno.test("Actions asks before it kills, and does it once it is confirmed", () => {
  const { actions, source } = page();
  const deed = { action: "kill", names: ["api"] } as const;
  actions.request(deed);
  assertEquals(actions.doings.overlay?.kind, "question");
  assertEquals(source.done, []);
  actions.close();
  assertEquals(actions.doings.overlay, null);
  actions.request(deed);
  actions.confirm(deed);
  assertEquals(actions.doings.overlay, null);
  assertEquals(source.done, [["kill", { names: ["api"] }]]);
});

Deno.test("Actions does nothing on a page that is read-only", () => {
  const actions = new Actions(new Store(new LockedSource("locked")));
  actions.request({ action: "stop", names: ["api"] });
  assertEquals(actions.allowed, false);
  assertEquals(actions.doings.pending.size, 0);
});
