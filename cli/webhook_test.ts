import { assert, assertEquals } from "@std/assert";
import { VirtualClock } from "../testing/mod.ts";
import { sendWebhook, shownUrl } from "./webhook.ts";

const URL_TEXT = "https://user:hunter22@hooks.example.com/T0/secret?key=abcdef";

const WEBHOOK = {
  kind: "webhook",
  url: URL_TEXT,
  headers: { authorization: "Bearer 123" },
  timeoutMs: 10_000,
} as const;

/** A server that gives some answers, one after another. */
function server(...answers: (number | Error | "silence")[]) {
  const clock = new VirtualClock();
  const times: number[] = [];
  const requests: Request[] = [];
  const request: typeof fetch = (input, init) => {
    times.push(clock.now());
    requests.push(
      new Request(input instanceof Request ? input : `${input}`, init),
    );
    const answer = answers.shift() ?? 200;
    if (typeof answer === "number") {
      return Promise.resolve(new Response("text", { status: answer }));
    }
    if (answer !== "silence") return Promise.reject(answer);
    const { promise, reject } = Promise.withResolvers<Response>();
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    return promise;
  };
  const send = (signal: AbortSignal = new AbortController().signal) =>
    sendWebhook(WEBHOOK, '{"a":1}', { clock, signal, fetch: request });
  return { clock, times, requests, send };
}

Deno.test("sendWebhook() posts JSON with its headers", async () => {
  const { requests: [request], ...all } = await sent();
  assertEquals(all.failure, undefined);
  assert(request);
  assertEquals(request.method, "POST");
  assertEquals(await request.text(), '{"a":1}');
  assertEquals(request.headers.get("content-type"), "application/json");
  assertEquals(request.headers.get("authorization"), "Bearer 123");
  assertEquals(all.clock.pending, 0);

  async function sent() {
    const all = server();
    return { ...all, failure: await all.clock.until(all.send()) };
  }
});

Deno.test("sendWebhook() tries again after errors of the server, and then gives up", async () => {
  const cases: [Parameters<typeof server>, string | undefined, number[]][] = [
    [[503, 200], undefined, [0, 1_000]],
    [[429, 408, 200], undefined, [0, 1_000, 6_000]],
    [[500, 500, 500, 500], "status 500 (4 tries)", [0, 1_000, 6_000, 26_000]],
    [[404], "status 404", [0]],
    [[301], "status 301", [0]],
    [["silence", 200], undefined, [0, 11_000]],
  ];
  for (const [answers, failure, at] of cases) {
    const { clock, times, send } = server(...answers);
    assertEquals(await clock.until(send()), failure);
    assertEquals([times, clock.pending], [at, 0]);
  }
});

Deno.test("sendWebhook() ends with its signal", async () => {
  for (const answer of [500, "silence"] as const) {
    const { clock, send } = server(answer);
    const end = new AbortController();
    const sending = send(end.signal);
    await clock.advance(500);
    end.abort();
    const failure = await clock.until(sending);
    assert(failure?.endsWith("there was no time left"), failure);
    assertEquals([clock.now(), clock.pending], [500, 0]);
  }
});

Deno.test("sendWebhook() tells no secret of its URL", async () => {
  const error = new TypeError(
    `error sending request for url (${URL_TEXT}): client error (Connect): refused by /T0/secret?key=abcdef of hunter22`,
  );
  const { clock, send } = server(error, error, error, error);
  const failure = await clock.until(send());
  assertEquals(failure, "refused by … of … (4 tries)");
  assertEquals(shownUrl(URL_TEXT), "https://hooks.example.com");
  // A real connection to a port that nothing listens on.
  const end = new AbortController();
  const url = "http://127.0.0.1:1/secret";
  const real = sendWebhook({ ...WEBHOOK, url }, "{}", {
    clock,
    signal: end.signal,
  });
  const told = await Promise.race([real, clockTurns()]);
  assert(told && !told.includes("secret"), told);

  async function clockTurns(): Promise<string | undefined> {
    while (clock.now() < 200_000) await clock.advance(1_000);
    return await real;
  }
});
