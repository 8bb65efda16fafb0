import { assert, assertEquals } from "@std/assert";
import { Redactor } from "./redact.ts";
import { isSecretName } from "./redact_patterns.ts";

const KEY = [
  "-----BEGIN RSA PRIVATE KEY-----",
  "MIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi4Dd8Pqf1JzXcW5sVbS0qEoLhR",
  "uKq7Zx1cVbNmAsDfGhJkLpOiUyTrEwQ1234567890abcdefghijklmnopqrstuvwx",
  "Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9Jj0KkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz0=",
  "qwe123==",
  "-----END RSA PRIVATE KEY-----",
];

Deno.test("isSecretName() knows the names of secrets", () => {
  const secret = "DB_PASSWORD PGPASS apiKey GITHUB_TOKEN AUTH PRIVATE_PEM " +
    "SENTRY_DSN Cookie SESSION_SECRET credentials SIGNING_KEY x-api-key " +
    "AUTHORIZATION SLACK_WEBHOOK";
  for (const name of secret.split(" ")) assert(isSecretName(name), name);
  const plain =
    "PATH PWD OLDPWD PORT HOME AUTHOR GIT_AUTHOR_NAME KEYBOARD XDG_SESSION_ID " +
    "SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS NODE_ENV SSL_CERT_FILE";
  for (const name of plain.split(" ")) assert(!isSecretName(name), name);
});

/** Texts, and what they become. What is between ⟦ and ⟧ is secret. */
const TEXTS: readonly string[] = [
  // Headers.
  "Authorization: ⟦Bearer abc.def-123⟧",
  "> authorization: ⟦Basic dXNlcjpwYXNz⟧",
  '{"Authorization":"⟦Bearer abcdefgh⟧","accept":"*/*"}',
  "curl -H 'Authorization: ⟦token abcdefgh⟧' https://x/",
  "sent Bearer ⟦abcdefghijkl⟧ to upstream",
  "Proxy-Authorization: ⟦Digest username=a, response=b⟧",
  "Cookie: ⟦sid=abc; theme=dark⟧",
  "set-cookie: ⟦sid=s%3Aabc; HttpOnly⟧",
  "X-Api-Key: ⟦k1⟧",
  // Pairs in text, JSON, YAML and code.
  "password=⟦hunter2⟧",
  "login with password: ⟦hunter2⟧ failed",
  "DB_PASSWORD=⟦hunter2⟧ PORT=80",
  "PGPASS=⟦hunter2⟧",
  "pwd = ⟦hunter2⟧;",
  '{"user":"bob","password":"⟦hunter2⟧","port":1}',
  '{"user":"bob","password":"⟦hun\\"ter, 2⟧"}',
  '{\\"clientSecret\\":\\"⟦hunter2⟧\\"}',
  "{ password: '⟦hun ter2⟧' }",
  "  password: ⟦hunter2 and more⟧",
  "  db_passphrase: ⟦a b c⟧",
  "token: ⟦abc⟧",
  "access_token=⟦abc⟧&state=1",
  "https://x/cb?api_key=⟦abc⟧&page=2",
  "secretAccessKey => ⟦wJalrXUtnFEMI/K7MDENG⟧",
  "export ENCRYPTION_KEY=⟦abc⟧",
  "session_id=⟦abc⟧",
  "SENTRY_DSN=⟦https://abc@o1.ingest.sentry.io/1⟧",
  "password\x1b[0m=\x1b[32m⟦hunter2⟧\x1b[0m ok",
  "password=⟦1234⟧",
  'Config { password: Some("⟦hunter2⟧") }',
  "{ password: '⟦it\\'s hunter2⟧' }",
  '"password": [ "⟦hunter2⟧" ]',
  '{"pw":"⟦hunter2⟧"}',
  "<db:password>⟦hunter2⟧</db:password>",
  '<add key="DbPassword" value="⟦hunter2⟧"/>',
  "machine host login bob password ⟦hunter2⟧",
  '"auths":{"x":{"auth":"⟦dXNlcjpwYXNz⟧"}}',
  "A temporary password is generated for root@localhost: ⟦a,B3xyz⟧",
  "Password for bob: ⟦hunter2⟧",
  // Arguments.
  "spawned tool --password ⟦hunter2⟧ --verbose",
  "spawned tool --db-password=⟦hunter2⟧",
  "tool --token '⟦abc def⟧'".replace("abc def", "abc"),
  "sh -c mysql -uroot -p⟦hunter2⟧ shop",
  "sshpass -p ⟦hunter2⟧ ssh host",
  "redis-cli -h db -a ⟦hunter2⟧ ping",
  "curl -u bob:⟦hunter2⟧ https://x/",
  // URLs.
  "postgres://bob:⟦hunter2⟧@db:5432/shop",
  "amqp://bob:⟦p@ss⟧@mq/",
  "mongodb+srv://bob:⟦hun/ter2⟧@db/shop",
  "GET /maps?key=⟦hunter2hunter2⟧&x=1",
  "https://⟦0123456789abcdef0123⟧@github.com/a/b.git",
  // Tokens.
  "key ⟦AKIAIOSFODNN7EXAMPLE⟧ used",
  "⟦ghp_0123456789abcdefghijABCDEFGHIJ012345⟧",
  "⟦github_pat_11ABCDEFG0123456789_abc⟧",
  "⟦glpat-0123456789abcdefghij⟧",
  "⟦xoxb-1234567890-abcdef⟧",
  "https://hooks.slack.com/services/⟦T000/B000/XXXX⟧",
  "⟦sk_live_0123456789abcdefghijklmn⟧",
  "⟦sk-proj-0123456789abcdefghijklmn⟧",
  "⟦AIzaSyA-0123456789abcdefghijklmnopqrstu⟧",
  "⟦npm_0123456789abcdefghijABCDEFGHIJ012345⟧",
  "POST /bot⟦123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw⟧/getMe",
  "⟦key-3a00d29fd6fdd4fc373d00f0e10000ab⟧",
  "jwt ⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl⟧ ok",
  "-----BEGIN PRIVATE KEY-----⟦\\nMIIE\\nabc\\n⟧-----END PRIVATE KEY-----",
];

Deno.test("Redactor.text() replaces what looks like a secret, and nothing else", () => {
  for (const marked of TEXTS) {
    const text = marked.replace(/[⟦⟧]/g, "");
    const expected = marked.replace(/⟦.*?⟧/g, "[redacted]");
    assertEquals(new Redactor([]).text(text), expected, JSON.stringify(text));
  }
});

Deno.test("Redactor.text() leaves other text alone", () => {
  for (
    const text of [
      "",
      "listening on http://localhost:8000/",
      "GET https://shop.example/items?page=2 200 in 3 ms",
      "Unexpected token } in JSON at position 4",
      "password: null",
      '{"token":null,"ok":true}',
      "tokens: 512, tokenizer: gpt2",
      "passed: all of them",
      "author: Jane Doe",
      "mailto:bob@example.com",
      "at run (file:///app/main.ts:10:5)",
      "npm WARN deprecated har-validator@5.1.5",
      "2026-03-01T12:00:05Z INFO request 7f9c2ba4e88f827d616045507605853e",
      "the password is required",
      "http://localhost:5173/@vite/client 200",
      "http://[::1]:8000/@vite/client",
      "file:///a:b/c@1.0.0",
      "POST /login?code=302",
      "tar -p files; ssh -p 2222 host",
      "GET /api/v1/customers/orders/items/pending/today",
    ]
  ) assertEquals(new Redactor([]).text(text), text);
});

Deno.test("Redactor replaces known values in all their forms, with their names", () => {
  const value = 'p"s s/1+é&';
  const redactor = new Redactor([
    { name: "DB_PASSWORD", value },
    { name: "SHORT", value: "abcde" },
    { name: "CERT", value: `${KEY[0]}\nfirst line\nsecond line\n${KEY[5]}\n` },
    { name: "LONG_KEY", value: "abcdef-and-more" },
    { name: "PREFIX_KEY", value: "abcdef" },
  ]);
  const cases = [
    [`got ${value}!`, "got [redacted DB_PASSWORD]!"],
    [JSON.stringify({ a: value }), '{"a":"[redacted DB_PASSWORD]"}'],
    [`?p=${encodeURIComponent(value)}`, "?p=[redacted DB_PASSWORD]"],
    [btoa("abcdef"), "[redacted PREFIX_KEY]"],
    [new URLSearchParams({ p: value }), "p=[redacted DB_PASSWORD]"],
    [
      'p&quot;s s/1+é&amp; p\\"s s/1+\\u00e9&',
      "[redacted DB_PASSWORD] [redacted DB_PASSWORD]",
    ],
    ["abcde stays", "abcde stays"],
    ["a first line", "a [redacted CERT]"],
    ["abcdef-and-more abcdef", "[redacted LONG_KEY] [redacted PREFIX_KEY]"],
    // What a pattern finds and what is known overlap.
    ["password=abcdef!", "password=[redacted PREFIX_KEY]"],
    ["postgres://u:xabcdefx@h/", "postgres://u:[redacted PREFIX_KEY]@h/"],
  ] as const;
  for (const [text, expected] of cases) {
    assertEquals(redactor.text(`${text}`), expected);
  }
  assertEquals(
    redactor.cutText("it is abcdef-and-m"),
    "it is [redacted LONG_KEY]",
  );
});

Deno.test("Redactor.lines() replaces private keys over several lines", () => {
  const lines = ["before", ...KEY, "after"];
  const gone = "[redacted]";
  const [first, last] = [KEY[0] ?? "", KEY[5] ?? ""];
  const cases: [string[], string[]][] = [
    [lines, ["before", first, gone, gone, gone, gone, last, "after"]],
    // Only its end is there, or only its beginning, or none of both.
    [lines.slice(3), [gone, gone, gone, last, "after"]],
    [lines.slice(0, 4), ["before", first, gone, gone]],
    [lines.slice(2, 4).map((line) => line.slice(0, 64)), [gone, gone]],
    // A message that only mentions one.
    [
      [`no ${first}`, "a b", "c d", "e f", "g h"],
      [`no ${first}`, gone, gone, gone, "g h"],
    ],
    // A logger that begins each line with the time.
    [
      KEY.map((line) => `12:00 INFO ${line}`),
      [`12:00 INFO ${first}`, gone, gone, gone, gone, `12:00 INFO ${last}`],
    ],
  ];
  for (const [text, expected] of cases) {
    const redactor = new Redactor([]);
    assertEquals(redactor.lines(text), expected);
    assertEquals(redactor.count, 1);
  }
  const digests = ["a", "b", "c"].map((c) => c.repeat(64));
  assertEquals(new Redactor([]).lines(digests), digests);
});

Deno.test("Redactor.args() knows the options that secrets follow", () => {
  const cases = [
    ["tool", "--password", "⟦a⟧", "--port", "80"],
    ["tool", "--api-key=⟦abc⟧", "-v"],
    ["tool", "--token", "--next"],
    ["/usr/bin/mysql", "-uroot", "-p⟦a⟧", "shop"],
    ["sshpass", "-p", "⟦a⟧", "ssh", "-p", "⟦22⟧"],
    ["redis-cli", "-a", "⟦a⟧"],
    ["curl", "-u", "⟦bob:a⟧", "https://x/"],
    ["tool", "--pw", "⟦a⟧", "--http-wait", "5"],
    ["env", "A_TOKEN=⟦a b c⟧", "--db-password=⟦a b⟧", "LIMIT=a b"],
    ["tool", "-H", "X-Auth: ⟦abc def⟧", "--password="],
    ["mkdir", "-pv", "a"],
    ["sh", "-c", "exec tool --password=⟦hunter2⟧ --port 80"],
  ];
  for (const marked of cases) {
    const words = marked.map((word) => word.replace(/[⟦⟧]/g, ""));
    const expected = marked.map((word) => word.replace(/⟦.*?⟧/g, "[redacted]"));
    assertEquals(new Redactor([]).args(words), expected);
  }
});

Deno.test("Redactor.value() replaces texts in JSON, and all under a secret name", () => {
  const redactor = new Redactor([{ name: "A_KEY", value: "running-1" }]);
  assertEquals(
    redactor.value({
      kind: "running-1",
      text: "is running-1",
      headers: { authorization: "x", accept: "y" },
      probe: ["curl", "--token", "x"],
      nested: [{ apiToken: "x", count: 3, on: true, none: null }],
      exit: { code: 1, signal: "SIGTERM" },
    }),
    {
      kind: "running-1",
      text: "is [redacted A_KEY]",
      headers: { authorization: "[redacted]", accept: "y" },
      probe: ["curl", "--token", "[redacted]"],
      nested: [{ apiToken: "[redacted]", count: 3, on: true, none: null }],
      exit: { code: 1, signal: "SIGTERM" },
    },
  );
  // The value, and the three times "x", which count once.
  assertEquals(redactor.count, 2);
});

Deno.test("Redactor takes a time in proportion to a text", () => {
  const redactor = new Redactor([{ name: "KEY", value: "a-known-value" }]);
  const parts = [
    "a",
    "-",
    "=",
    " ",
    "\\",
    "password",
    "eyJ",
    "://",
    ":// a:b",
    "mysql ",
    "curl -u ",
    "--token",
    "authorization: ",
    "-----BEGIN PRIVATE KEY-----",
    "A1a/",
    "[redacted",
  ];
  for (const part of parts) {
    const text = part.repeat(Math.ceil(100_000 / part.length));
    const begin = performance.now();
    redactor.lines([text, text]);
    const ms = performance.now() - begin;
    assert(ms < 2_000, `${JSON.stringify(part)} takes ${ms} ms`);
  }
});
