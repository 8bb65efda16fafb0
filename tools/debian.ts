// deno-lint-ignore-file no-console
/**
 * Installs what the tests with real servers need and this machine lacks, from
 * Debian's packages. It never fails: tests whose program is missing are skipped,
 * and the gate names them.
 *
 * @module
 */

import { findProgram } from "./servers.ts";

/** The programs that tests look for, each with the packages that it needs. */
const PACKAGES: Readonly<Record<string, string>> = {
  "nginx": "nginx-light",
  "redis-server": "redis-server",
  "postgres": "postgresql",
  "haproxy": "haproxy",
  "apache2": "apache2-bin",
  "gunicorn": "gunicorn",
  "busybox": "busybox",
  "curl": "curl",
  "logrotate": "logrotate",
  "tini": "tini",
  "supervisord": "supervisor",
  "systemd-notify": "systemd",
  "rsyslogd": "rsyslog",
  "promtool": "prometheus",
  "zsh": "zsh",
  "fish": "fish",
  "chromium": "chromium fonts-dejavu-core",
};

/** How long all of it may take, in milliseconds. */
const LIMIT_MS = 240_000;

/** Keeps apt from waiting for a mirror or another apt without end. */
const PATIENCE = [
  "-o=DPkg::Lock::Timeout=60",
  "-o=Acquire::Retries=1",
  "-o=Acquire::http::Timeout=20",
  "-o=Acquire::https::Timeout=20",
];

if (import.meta.main) await main();

async function main(): Promise<void> {
  const wanted = missing();
  if (wanted.length === 0) return;
  const why = Deno.uid() === 0 ? await install(wanted) : "this is not root";
  const still = missing();
  console.log(
    still.length === 0
      ? `installed: ${wanted.join(", ")}`
      : `missing, so that tests are skipped: ${still.join(", ")}\n${why}`,
  );
}

/** The packages whose programs are not there. */
function missing(): string[] {
  return Object.entries(PACKAGES)
    .filter(([program]) => findProgram(program) === undefined)
    .flatMap(([, names]) => names.split(" "));
}

/** Installs packages; returns what apt said. */
async function install(packages: string[]): Promise<string> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const args = [...PATIENCE, "install", "--yes", "--no-install-recommends"];
  let said = await apt([...args, ...packages], signal);
  if (missing().length > 0) {
    // The lists of packages may be old, or there may be none.
    said = await apt([...PATIENCE, "update"], signal);
    said += await apt([...args, ...packages], signal);
  }
  return said;
}

async function apt(args: string[], signal: AbortSignal): Promise<string> {
  try {
    const { stderr } = await new Deno.Command("apt-get", {
      args,
      // Packages ask no questions then, and their services are not started
      // where a `policy-rc.d` says so, as images of containers have it.
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      signal,
    }).output();
    return new TextDecoder().decode(stderr);
  } catch (error) {
    return String(error);
  }
}
