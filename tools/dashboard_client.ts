/**
 * Asks a dashboard as its page does, for tests.
 *
 * @module
 */

/** The session of a page. */
export interface PageSession {
  /** What it can do. */
  readonly readOnly: boolean;
  /** Asks for something; the status and the JSON of the answer. */
  get(path: string): Promise<{ status: number; body: unknown }>;
  /** Does something; the status of the answer. */
  post(path: string, body: unknown): Promise<number>;
}

/** Exchanges the token of a link for a key, as a request of the page. */
export async function exchange(link: string): Promise<Response> {
  const { origin, hash } = new URL(link);
  return await fetch(`${origin}/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ token: hash.slice("#token=".length) }),
  });
}

/** Opens a link, as the page does; throws if it has been used. */
export async function openLink(link: string): Promise<PageSession> {
  const { origin } = new URL(link);
  const response = await exchange(link);
  const { key, readOnly, error } = await response.json();
  if (!response.ok) throw new Error(error.message);
  const headers = { authorization: `Bearer ${key}`, origin };
  return {
    readOnly,
    async get(path) {
      const answer = await fetch(`${origin}${path}`, { headers });
      return { status: answer.status, body: await answer.json() };
    },
    async post(path, body) {
      const answer = await fetch(`${origin}${path}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      await answer.text();
      return answer.status;
    },
  };
}
