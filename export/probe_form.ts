/**
 * What a probe looks for, read from the JSON form in which it describes itself.
 *
 * @module
 */

/** What a probe looks for. */
export type ProbeForm =
  | {
    readonly kind: "http";
    readonly url: URL;
    /** The status codes that mean yes; all from 200 to 399 if there are none. */
    readonly status: readonly number[];
    readonly headers: Readonly<Record<string, string>>;
    readonly caCerts: boolean;
  }
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | {
    readonly kind: "exec";
    readonly words: readonly string[];
    readonly cwd: string | undefined;
    readonly env: Readonly<Record<string, string>>;
    readonly clearEnv: boolean;
    readonly user: string | undefined;
  }
  | { readonly kind: "file"; readonly path: string; readonly fresh: boolean }
  | { readonly kind: "all"; readonly all: readonly ProbeForm[] }
  /** A line of output, or a function of the program. */
  | { readonly kind: "other"; readonly name: string };

/**
 * Returns what a probe looks for.
 *
 * @param probe The probe, or its JSON form.
 */
export function probeForm(probe: unknown): ProbeForm {
  const form: unknown = JSON.parse(JSON.stringify(probe) ?? "null");
  const [[kind, value] = ["", undefined]] = Object.entries(Object(form));
  const options = Object(value);
  switch (kind) {
    case "http":
      return {
        kind,
        url: new URL(options.url),
        status: [options.status ?? []].flat().map(Number),
        headers: { ...options.headers },
        caCerts: options.caCerts !== undefined,
      };
    case "tcp":
      return { kind, hostname: options.hostname, port: options.port };
    case "exec":
      return {
        kind,
        words: [options.program, ...options.args].map(String),
        cwd: options.cwd,
        env: { ...options.env },
        clearEnv: options.clearEnv === true,
        user: options.user === undefined ? undefined : String(options.user),
      };
    case "file":
      return { kind, path: options.path, fresh: options.fresh !== false };
    case "all":
      return { kind, all: [...options].map(probeForm) };
    case "line":
      return { kind: "other", name: "a line of output" };
    default:
      return { kind: "other", name: "a function" };
  }
}
