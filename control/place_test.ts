import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import {
  lineOf,
  outputOf,
  permitted,
  runScript,
  works,
} from "../tools/testing.ts";
import {
  CLAIM_MODULE,
  PLACE_MODULE,
  recordOf,
  RuntimeFolder,
  takePlace,
} from "../tools/place_testing.ts";
import {
  inspect,
  listPlaces,
  type Place,
  PlaceError,
  placeOfConfig,
  placeOfName,
} from "./place.ts";

const ignore = !permitted("read", "write", "env", "sys");
const uid = permitted("sys") ? Deno.uid() : null;
const ignoreUser = ignore || uid !== 0;

Deno.test({
  name: "Place of a configuration depends on its real path alone",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const config = `${runtime.path}/processman.yaml`;
    await Deno.writeTextFile(config, "");
    await Deno.symlink(config, `${runtime.path}/link.yaml`);
    const place = await placeOfConfig(config);
    const folder = `${runtime.path}/processman/`;
    assert(/^[0-9a-f]{16}$/.test(place.folder.slice(folder.length)));
    assertEquals(place, placeAt(place.folder));
    for (const path of ["link.yaml", "tmp/../processman.yaml"]) {
      assertEquals(await placeOfConfig(`${runtime.path}/${path}`), place);
    }
    // After the file was removed, its supervisor can still be found.
    await Deno.remove(config);
    assertEquals(await placeOfConfig(config), place);
    for (
      const other of [
        await placeOfConfig(`${runtime.path}/other.yaml`),
        await placeOfName(config),
        await placeOfName("processman.yaml"),
      ]
    ) assertNotEquals(other, place);
    await assertRejects(
      () => placeOfConfig(`${runtime.path}/none/processman.yaml`),
      Deno.errors.NotFound,
    );
  },
});

function placeAt(folder: string): Place {
  return {
    folder,
    socket: `${folder}/socket`,
    lock: `${folder}/lock`,
    record: `${folder}/record.json`,
    orphanLog: `${folder}/orphans.jsonl`,
  };
}

Deno.test({
  name: "Place of a name has a name",
  ignore,
  async fn() {
    await assertRejects(
      () => placeOfName(""),
      TypeError,
      'Option "name" must be a string that is not empty: current value is ""',
    );
    await assertRejects(
      () => placeOfName(5 as unknown as string),
      TypeError,
      'Option "name" must be a string that is not empty: current value is 5',
    );
  },
});

Deno.test({
  name: "Place is below the temporary directory without XDG_RUNTIME_DIR",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const tmp = `${runtime.path}/tmp`;
    const folderOf = async (
      env: Record<string, string>,
      ...flags: string[]
    ) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", "--no-check"].concat(flags, [
          // A folder of the system for this user counts only where there is one.
          `Deno.permissions.revokeSync({ name: "read", path: "/run/user" });
          const { placeOfName } = await import(${PLACE_MODULE});
          console.log((await placeOfName("mine")).folder);`,
        ]),
        env,
        clearEnv: true,
      }).output();
      return new TextDecoder().decode(stdout).trim().replace(/[^/]*$/, "");
    };
    assertEquals(
      await folderOf({ TMPDIR: `${tmp}/` }),
      `${tmp}/processman-${uid}/`,
    );
    assertEquals(
      await folderOf({
        TMPDIR: tmp,
        XDG_RUNTIME_DIR: `${runtime.path}/none`,
        HOME: "",
      }),
      `${tmp}/processman-${uid}/`,
    );
    assertEquals(
      await folderOf({ TMPDIR: "tmp", XDG_RUNTIME_DIR: "run" }),
      `/tmp/processman-${uid}/`,
    );
    assertEquals(await folderOf({}), `/tmp/processman-${uid}/`);
  },
});

Deno.test({
  name: "Place that is in use is found whatever XDG_RUNTIME_DIR is",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const inRuntime = await placeOfName("mine");
    Deno.env.set("XDG_RUNTIME_DIR", `${runtime.path}/none`);
    const inTemporary = await placeOfName("mine");
    assert(inTemporary.folder.startsWith(`${runtime.path}/tmp/processman-`));
    {
      await using _held = await takePlace(inTemporary);
      Deno.env.set("XDG_RUNTIME_DIR", runtime.path);
      assertEquals(await placeOfName("mine"), inTemporary);
      assertEquals(await Array.fromAsync(listPlaces()), [inTemporary]);
    }
    assertEquals(await placeOfName("mine"), inRuntime);
    await using _held = await takePlace(inRuntime);
    // What has died elsewhere does not hide what runs.
    await Deno.writeTextFile(
      inTemporary.record,
      JSON.stringify(recordOf("mine")),
    );
    assertEquals((await inspect(inTemporary)).kind, "died");
    assertEquals(await placeOfName("mine"), inRuntime);
  },
});

/** What can be in the place of a folder, and what is said about it. */
const ATTACKS: {
  name: string;
  make: (path: string, target: string) => void;
  said: string;
  root?: boolean;
}[] = [
  {
    name: "a link",
    make: (path, target) => Deno.symlinkSync(target, path),
    said: "is a link: remove it",
  },
  {
    name: "a file",
    make: (path) => Deno.writeTextFileSync(path, ""),
    said: "is not a folder: remove it",
  },
  {
    name: "a folder that others can enter",
    make: (path) => {
      Deno.mkdirSync(path);
      Deno.chmodSync(path, 0o711);
    },
    said: "is open to other users (mode 0711)",
  },
  {
    name: "the folder of another user",
    make: (path) => {
      Deno.mkdirSync(path, { mode: 0o700 });
      Deno.chownSync(path, 65534, 65534);
    },
    said:
      `belongs to the user 65534, but this program runs as the user ${uid}: remove it`,
    root: true,
  },
];

for (const { name, make, said, root } of ATTACKS) {
  Deno.test({
    name: `Place refuses ${name} where its folders should be`,
    ignore: root === true ? ignoreUser : ignore,
    async fn() {
      await using runtime = new RuntimeFolder();
      const target = `${runtime.path}/target`;
      await Deno.mkdir(target, { mode: 0o700 });
      const base = `${runtime.path}/processman`;
      const place = await placeOfName("mine");
      for (const path of [base, place.folder]) {
        make(path, target);
        const message = `The folder "${path}" ${said}`;
        await assertRejects(() => placeOfName("mine"), PlaceError, message);
        await assertRejects(() => inspect(place), PlaceError, message);
        await assertRejects(() => takePlace(place), PlaceError, message);
        assertEquals([...Deno.readDirSync(target)], []);
        assertEquals(await Array.fromAsync(listPlaces()), []);
        await Deno.remove(path);
        await Deno.mkdir(base, { mode: 0o700, recursive: true });
      }
      await using _held = await takePlace(place);
    },
  });
}

Deno.test({
  name: "Place is refused where others could exchange it",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    await Deno.chmod(runtime.path, 0o777);
    await assertRejects(
      () => placeOfName("mine"),
      PlaceError,
      `The folder "${runtime.path}" can be changed by other users (mode 0777): ` +
        "set XDG_RUNTIME_DIR to a folder of the user that this program runs as",
    );
    // Nobody can rename what others have in such a folder.
    await Deno.chmod(runtime.path, 0o1777);
    await placeOfName("mine");
    if (ignoreUser) return;
    await Deno.chown(runtime.path, 65534, 65534);
    await assertRejects(
      () => placeOfName("mine"),
      PlaceError,
      `The folder "${runtime.path}" belongs to the user 65534`,
    );
  },
});

Deno.test({
  name: "Place whose folder cannot be made says why",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    await Deno.remove(runtime.path, { recursive: true });
    const { message } = await assertRejects(() => takePlace(place), PlaceError);
    await Deno.mkdir(runtime.path);
    assert(
      message.startsWith(
        `The folder "${runtime.path}/processman" cannot be created (No such file`,
      ) &&
        message.endsWith(
          "): make that possible, or set XDG_RUNTIME_DIR to another folder",
        ),
      message,
    );
  },
});

Deno.test({
  name: "Place has a socket whose path is as long as every system allows",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const rest = 103 -
      `${runtime.path}//processman/0123456789abcdef/socket`.length;
    const folder = `${runtime.path}/${"a".repeat(rest)}`;
    await Deno.mkdir(folder);
    Deno.env.set("XDG_RUNTIME_DIR", folder);
    const place = await placeOfName("mine");
    assertEquals(place.socket.length, 103);
    {
      await using _held = await takePlace(place);
      Deno.listen({ transport: "unix", path: place.socket }).close();
    }
    // Bytes count, not characters.
    const longer = `${runtime.path}/${"a".repeat(rest - 1)}ü`;
    await Deno.mkdir(longer);
    Deno.env.set("XDG_RUNTIME_DIR", longer);
    await assertRejects(
      () => placeOfName("mine"),
      PlaceError,
      "The path of the socket has 104 bytes, but the system allows 103: " +
        "set XDG_RUNTIME_DIR to a folder with a shorter path",
    );
  },
});

Deno.test({
  name: "Places are listed, without what cannot be trusted or has ended",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    assertEquals(await Array.fromAsync(listPlaces()), []);
    const places = [];
    for (const name of ["one", "two", "open", "ended"]) {
      places.push(await placeOfName(name));
    }
    const [one, two, open, ended] = places as [Place, Place, Place, Place];
    await (await takePlace(ended))[Symbol.asyncDispose]();
    await using _one = await takePlace(one);
    await using _two = await takePlace(two);
    await using _open = await takePlace(open);
    await Deno.chmod(open.folder, 0o755);
    const base = `${runtime.path}/processman`;
    await Deno.symlink(one.folder, `${base}/${"0".repeat(16)}`);
    await Deno.writeTextFile(`${base}/${"1".repeat(16)}`, "");
    await Deno.mkdir(`${base}/other`);
    const listed = await Array.fromAsync(listPlaces());
    assertEquals(
      listed.map(({ folder }) => folder).sort(),
      [one.folder, two.folder].sort(),
    );
    await Deno.chmod(open.folder, 0o700);
  },
});

Deno.test({
  name: "Place needs the least permissions, and names the one that is missing",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const base = `${runtime.path}/processman`;
    await using program = runScript(
      `
      import { claim } from ${CLAIM_MODULE};
      import { inspect, listPlaces, placeOfName } from ${PLACE_MODULE};
      const said = [];
      const attempt = async (what) => {
        try {
          await what();
          said.push("ok");
        } catch (error) {
          said.push(error.name + ": " + error.message);
        }
      };
      const place = await placeOfName("mine");
      const record = {
        name: "mine", pid: Deno.pid, version: "1", startedAt: Date.now(),
        config: null, logs: null, log: null,
      };
      const held = await claim(place, record);
      await attempt(() => inspect(place));
      await attempt(() => Array.fromAsync(listPlaces()));
      await attempt(() => held[Symbol.asyncDispose]());
      const path = ${JSON.stringify(base)};
      Deno.permissions.revokeSync({ name: "write", path });
      await attempt(() => inspect(place));
      await attempt(() => claim(place, record));
      Deno.permissions.revokeSync({ name: "read", path });
      await attempt(() => inspect(place));
      Deno.permissions.revokeSync({ name: "env", variable: "XDG_RUNTIME_DIR" });
      await attempt(() => placeOfName("mine"));
      Deno.permissions.revokeSync({ name: "sys", kind: "uid" });
      await attempt(() => inspect(place));
      console.log(JSON.stringify([place.folder, ...said]));
      `,
      {
        permission: `--allow-read=${base}`,
        flags: [
          `--allow-write=${base}`,
          "--allow-env=XDG_RUNTIME_DIR",
          "--allow-sys=uid",
        ],
      },
    );
    const [folder, ...said] = JSON.parse(await lineOf(program, /^\[/));
    assertEquals(said, [
      "ok",
      "ok",
      "ok",
      "ok",
      `NotCapable: Requires write access to "${folder}", run again with ` +
      `--allow-read=${base} --allow-write=${base}`,
      `NotCapable: Requires read access to "${base}", run again with ` +
      `--allow-read=${base}`,
      'NotCapable: Requires env access to "XDG_RUNTIME_DIR", run again with ' +
      "--allow-env=XDG_RUNTIME_DIR",
      'NotCapable: Requires sys access to "uid", run again with --allow-sys=uid',
    ]);
  },
});

Deno.test({
  name: "Place loads neither the core nor a package",
  ignore: !permitted("read", "run"),
  async fn() {
    const module = new URL("place.ts", import.meta.url);
    const { modules } = JSON.parse(
      await outputOf(Deno.execPath(), "info", "--json", module.href),
    ) as { modules: { specifier: string }[] };
    const folder = new URL(".", module).href;
    const names = modules.map(({ specifier }) => specifier.replace(folder, ""));
    assertEquals(names.sort(), [
      "folder.ts",
      "inspect.ts",
      "lock.ts",
      "permission.ts",
      "place.ts",
      "presence.ts",
    ]);
  },
});

/** Connects to a socket as another user; returns what happened. */
async function connectAs(user: number, path: string): Promise<string> {
  const script = `try {
    (await Deno.connect({ transport: "unix", path: Deno.args[0] })).close();
    console.log("connected");
  } catch (error) {
    console.log(error.name);
  }`;
  const { code, stdout } = await new Deno.Command("sh", {
    // The other user may execute the file, but not enter the folder it is in.
    args: ["-c", 'exec 9<"$1"; shift; exec setpriv "$@"', "sh"].concat(
      [Deno.execPath(), `--reuid=${user}`, `--regid=${user}`, "--clear-groups"],
      ["/proc/self/fd/9", "eval", "--quiet", "--no-check", script, path],
    ),
    cwd: "/",
    env: { DENO_DIR: "/nonexistent", HOME: "/nonexistent" },
  }).output();
  return code === 0 ? new TextDecoder().decode(stdout).trim() : `code ${code}`;
}

Deno.test({
  name: "Socket refuses the connection of another user",
  ignore: ignoreUser || !await works("setpriv", "--version"),
  async fn() {
    await using runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    await using _held = await takePlace(place);
    using _listener = Deno.listen({ transport: "unix", path: place.socket });
    await Deno.chmod(runtime.path, 0o755);
    await Deno.chmod(place.socket, 0o777);
    assertEquals(await connectAs(65534, place.socket), "PermissionDenied");
    assertEquals(await connectAs(0, place.socket), "connected");
    // It is the folders that keep others out, not what surrounds them.
    const base = `${runtime.path}/processman`;
    for (const path of [base, place.folder]) await Deno.chmod(path, 0o755);
    assertEquals(await connectAs(65534, place.socket), "connected");
    for (const path of [base, place.folder]) await Deno.chmod(path, 0o700);
  },
});
