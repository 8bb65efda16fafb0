/**
 * Real servers for tests: each with a folder and a port of its own, and a load
 * that tells a request that was lost from a connection that was never taken.
 *
 * @module
 */

/** Where programs are that are not in everybody's PATH. */
const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Returns the path of a program; `undefined` if this machine has none. */
export function findProgram(name: string): string | undefined {
  return [...(Deno.env.get("PATH") ?? "").split(":"), ...FOLDERS]
    .concat(postgresFolders())
    .map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
}

/** Debian keeps the programs of each version of postgres in a folder. */
function postgresFolders(): string[] {
  const parent = "/usr/lib/postgresql";
  try {
    return Array.from(Deno.readDirSync(parent), ({ name }) => name)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => `${parent}/${version}/bin`);
  } catch {
    return [];
  }
}

/**
 * Returns a port on which no process listens. It is below the ports that the
 * system gives to connections, so none of them takes it before the server does.
 */
export function freePort(): number {
  while (true) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** What a server needs to be started by anybody. */
export interface Server {
  /** The path of the program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: string[];
  /** Where it listens, on the loopback device. */
  readonly port: number;
  /** A folder of its own. */
  readonly folder: string;
}

/** Waits until a server takes connections. */
export async function accepts(port: number, limitMs = 10_000): Promise<void> {
  const until = performance.now() + limitMs;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/**
 * Waits until none of some processes is alive. Nothing tells when a process
 * ends that is no child, so this looks again and again.
 *
 * @returns How long that took, in milliseconds.
 */
export async function gone(
  pids: readonly number[],
  limitMs = 15_000,
): Promise<number> {
  const start = performance.now();
  while (pids.some(lives)) {
    if (performance.now() - start > limitMs) {
      throw new Error(`still alive: ${pids.filter(lives).join(", ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - start;
}

/** A row of the process table. */
export interface Row {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** Reads the row of a process; `undefined` if there is none. */
export function rowOf(pid: number): Row | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [state = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2)
      .split(" ");
    const [parent = 0, group = 0, session = 0] = rest.map(Number);
    return { pid, state, parent, group, session };
  } catch {
    return undefined;
  }
}

/** Reads the whole table. */
export function rows(): Row[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => rowOf(Number(name)))
    .filter((row) => row !== undefined);
}

/** Whether a process is there and is no zombie. */
export function lives(pid: number): boolean {
  const row = rowOf(pid);
  return row !== undefined && row.state !== "Z" && row.state !== "X";
}

/** The processes that are alive of a process and all that came from it. */
export function family(pid: number): number[] {
  const all = rows();
  const found = new Set([pid]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const row of all) if (found.has(row.parent)) found.add(row.pid);
  }
  return [...found].filter(lives);
}

/** The requests that an nginx has read to their end, by its own log. */
export async function logged({ folder }: Server): Promise<Set<string>> {
  const log = await Deno.readTextFile(`${folder}/access.log`).catch(() => "");
  const paths = log.split("\n").map((line) => line.split(" ")[0] ?? "");
  return new Set(paths.filter((path) => path !== ""));
}

/** What became of the requests of a load. */
export interface Loss {
  /** Answered in full. */
  readonly answered: number;
  /** Read by the server, and not answered in full. */
  readonly lost: number;
  /** Connections that were reset before the server had read the request. */
  readonly reset: number;
}

/** Requests that are made one after the other, by several at the same time. */
export class Load {
  readonly #answered = new Set<string>();
  readonly #broken = new Set<string>();
  /** The requests that have been made and are not over. */
  readonly #open = new Set<string>();
  readonly #clients: Promise<void>[] = [];
  readonly #port: number;
  #wanted = Promise.withResolvers<void>();
  #next = 0;

  /** Begins to load a server that takes connections. */
  constructor(port: number, options: { short: number; slowMs: number }) {
    this.#port = port;
    for (let i = 0; i < options.short; i++) {
      this.#clients.push(this.#client("/short"));
    }
    this.#clients.push(this.#client(`/slow/${options.slowMs}`));
  }

  /** Resolves when so many requests have been answered from now on. */
  async answers(count: number): Promise<void> {
    const goal = this.#answered.size + count;
    while (this.#answered.size < goal) await this.#wanted.promise;
  }

  /** Resolves when the server has read a slow request, and not answered it. */
  async working(read: () => Promise<ReadonlySet<string>>): Promise<void> {
    while (true) {
      const seen = await read();
      const slow = [...this.#open].filter((path) => path.startsWith("/slow"));
      if (slow.some((path) => seen.has(path))) return;
      await this.answers(1);
    }
  }

  /** Resolves when each client has met a closed door. */
  async over(): Promise<void> {
    await Promise.all(this.#clients);
  }

  /** Tells what became of the requests, of which the server read some. */
  loss(read: ReadonlySet<string>): Loss {
    const lost = [...this.#broken].filter((path) => read.has(path)).length;
    const reset = this.#broken.size - lost;
    return { answered: this.#answered.size, lost, reset };
  }

  /** Makes requests until nobody listens any more. */
  async #client(prefix: string): Promise<void> {
    while (true) {
      const path = `${prefix}/${this.#next++}`;
      this.#open.add(path);
      const answer = await request(this.#port, path);
      this.#open.delete(path);
      if (answer === undefined) return;
      if (answer.endsWith(path)) this.#answered.add(path);
      else this.#broken.add(path);
      this.#wanted.resolve();
      this.#wanted = Promise.withResolvers();
    }
  }
}

/**
 * Makes one request on a connection of its own.
 *
 * @returns All that came back; `undefined` if nobody listens.
 */
export async function request(
  port: number,
  path: string,
): Promise<string | undefined> {
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port });
  } catch (error) {
    // A queue that is being closed resets what it has not yet let in.
    return error instanceof Deno.errors.ConnectionReset ? "" : undefined;
  }
  const text = new TextDecoder();
  const buffer = new Uint8Array(4_096);
  let answer = "";
  try {
    const ask = `GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`;
    await connection.write(new TextEncoder().encode(ask));
    for (let count; (count = await connection.read(buffer)) !== null;) {
      answer += text.decode(buffer.subarray(0, count), { stream: true });
    }
  } catch {
    // Reset: what came before counts.
  } finally {
    connection.close();
  }
  return answer;
}

/** Configures a redis that writes its keys when it is asked to end. */
export function redis(folder: string, ...more: string[]): Server {
  const port = freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder];
  return {
    program: findProgram("redis-server") ?? "redis-server",
    args: [...args, "--save", "900 1", "--appendonly", "no", ...more],
    port,
    folder,
  };
}

/** A connection to a redis. */
export class Redis implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(65_536);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects when the server answers. */
  static async connect(port: number): Promise<Redis> {
    await accepts(port);
    const redis = new Redis(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
    // It says that it is loading, before it answers.
    while (!(await redis.ask("PING")).startsWith("+PONG"));
    return redis;
  }

  /** Sends commands at once and returns the last line of the answers. */
  async ask(...commands: string[]): Promise<string> {
    const text = commands.map((command) => `${command}\r\n`).join("");
    const bytes = new TextEncoder().encode(text);
    const written = (async () => {
      for (let at = 0; at < bytes.length;) {
        at += await this.#connection.write(bytes.subarray(at));
      }
    })();
    let answer = "";
    while (answer.split("\r\n").length <= commands.length) {
      const count = await this.#connection.read(this.#buffer);
      if (count === null) throw new Error("redis has closed the connection");
      answer += new TextDecoder().decode(this.#buffer.subarray(0, count));
    }
    await written;
    return answer.split("\r\n").at(-2) ?? "";
  }

  /** Sets a number of keys, which are not on the disk then. */
  async fill(keys: number): Promise<void> {
    await this.ask(
      ...Array.from({ length: keys }, (_, key) => `SET key:${key} ${key}`),
    );
  }

  /** How many keys there are. */
  async size(): Promise<number> {
    return Number((await this.ask("DBSIZE")).slice(1));
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** A user that postgres can run as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The user that postgres runs as, which must not be root. */
export async function postgresUser(): Promise<User | undefined> {
  if (Deno.uid() !== 0) return undefined;
  for (const line of (await Deno.readTextFile("/etc/passwd")).split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === "postgres") return { uid: Number(uid), gid: Number(gid) };
  }
  return { uid: 65_534, gid: 65_534 };
}

/** A group that a user is in besides the primary one, by its ID. */
export async function supplementaryGroup(
  user: string,
): Promise<number | undefined> {
  const groups = (await Deno.readTextFile("/etc/group")).split("\n")
    .map((line) => line.split(":"));
  const found = groups.find(([name, , , members = ""]) =>
    name !== user && members.split(",").includes(user)
  );
  return found && Number(found[2]);
}

/** Makes a postgres with an empty database, without users and passwords. */
export async function postgres(
  folder: string,
  user: User | undefined,
): Promise<Server> {
  const port = freePort();
  if (user) await Deno.chown(folder, user.uid, user.gid);
  const { success, stderr } = await new Deno.Command(
    findProgram("initdb") ?? "initdb",
    {
      args: [
        "--no-sync",
        "-A",
        "trust",
        "-U",
        "postgres",
        "-D",
        `${folder}/db`,
      ],
      cwd: folder,
      ...user,
    },
  ).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const args = ["-D", `${folder}/db`, "-k", folder, "-p", `${port}`, "-F"];
  return {
    program: findProgram("postgres") ?? "postgres",
    args: [...args, "-c", "listen_addresses=127.0.0.1"],
    port,
    folder,
  };
}

/** A message of a postgres. */
interface Message {
  readonly kind: string;
  readonly body: Uint8Array;
}

/** A session of a client with a postgres. */
export class PostgresClient implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects, which makes the server start a backend for the session. */
  static async connect(port: number): Promise<PostgresClient> {
    const words = ["user", "postgres", "database", "postgres", "", ""];
    const body = new TextEncoder().encode(words.join("\0"));
    while (true) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const hello = new Uint8Array(8 + body.length);
      const view = new DataView(hello.buffer);
      view.setInt32(0, hello.length);
      view.setInt32(4, 196_608); // version 3.0
      hello.set(body, 8);
      await connection.write(hello);
      const client = new PostgresClient(connection);
      if ((await client.#until("Z"))[0]?.kind === "R") return client;
      // "the database system is starting up"
      connection.close();
    }
  }

  /** Sends a query, whose answer is not waited for. */
  async send(query: string): Promise<void> {
    const body = new TextEncoder().encode(`${query}\0`);
    const message = new Uint8Array(5 + body.length);
    message[0] = "Q".charCodeAt(0);
    new DataView(message.buffer).setInt32(1, 4 + body.length);
    message.set(body, 5);
    await this.#connection.write(message);
  }

  /**
   * Sends a query and waits for its end.
   *
   * @returns The first column of its rows.
   * @throws {Error} If the server refuses it, or ends first.
   */
  async ask(query: string): Promise<string[]> {
    await this.send(query);
    const messages = await this.#until("Z");
    const kinds = messages.map(({ kind }) => kind).join("");
    if (!/^[^E]*C.*Z$/.test(kinds)) throw new Error(`${query}: ${kinds}`);
    return messages.filter(({ kind }) => kind === "D").map(({ body }) => {
      const length = new DataView(body.buffer, body.byteOffset).getInt32(2);
      return new TextDecoder().decode(body.subarray(6, 6 + length));
    });
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  /** Reads messages up to one of a kind, or to the end. */
  async #until(kind: string): Promise<Message[]> {
    const messages: Message[] = [];
    let rest = new Uint8Array();
    const buffer = new Uint8Array(4_096);
    while (messages.at(-1)?.kind !== kind) {
      const count = await this.#connection.read(buffer);
      if (count === null) return messages;
      rest = new Uint8Array([...rest, ...buffer.subarray(0, count)]);
      while (rest.length >= 5) {
        const length = 1 + new DataView(rest.buffer, rest.byteOffset)
          .getInt32(1);
        if (rest.length < length) break;
        const kind = String.fromCharCode(rest[0] ?? 0);
        messages.push({ kind, body: rest.slice(5, length) });
        rest = rest.slice(length);
      }
    }
    return messages;
  }
}
