import { assertEquals } from "@std/assert";
import { isSecret, secretNames } from "./secrets.ts";

Deno.test("isSecret() knows names, and URLs with passwords", () => {
  const secret = (name: string, value = "x") => isSecret(name, value);
  const yes = ["DB_PASSWORD", "PGPASSWORD", "API_KEY", "APIKEY", "token"];
  yes.push("AWS_SECRET_ACCESS_KEY", "DB_PASS", "SSH_PRIVATE_KEY", "MYSQL_PWD");
  assertEquals(yes.filter((name) => !secret(name)), []);
  const no = [
    "PORT",
    "PATH",
    "TOKENS",
    "HOST",
    "PWD",
    "COMPASS_X",
    "KEYBOARD",
    "MONKEY",
  ];
  no.push("DB_PASSWORD_FILE", "SSL_KEY_PATH", "AUTHOR", "BYPASS_CACHE");
  assertEquals(no.filter((name) => secret(name)), []);
  assertEquals(secret("DB_PASSWORD", ""), false);
  assertEquals(secret("URL", "postgres://me:pw@db/shop"), true);
  assertEquals(secret("URL", "redis://:pw@db"), true);
  assertEquals(secret("URL", "http://localhost:80/a@b"), false);
});

Deno.test("secretNames() names each variable once", () => {
  const env = { TOKEN: "x", PORT: "1", URL: "redis://:pw@db" };
  assertEquals(secretNames([env, { ...env, API_KEY: "k" }]), [
    "TOKEN",
    "URL",
    "API_KEY",
  ]);
});
