import { assertEquals } from "@std/assert";
import { Folder, permitted } from "../tools/testing.ts";
import { FolderWatch } from "./file_watch_folders.ts";
import { WatchRules } from "./file_watch_rules.ts";

const ignore = !permitted("read", "write");

/** A folder with a watch of some paths in it. */
class Stage implements AsyncDisposable {
  readonly #folder = new Folder();
  readonly top = Deno.realPathSync(this.#folder.path);
  readonly #seen = new Set<string>();
  /** How many folders were watched, each time that the watch began. */
  readonly opened: number[] = [];
  #rules: WatchRules[] = [];
  #news = Promise.withResolvers<void>();
  readonly watch = new FolderWatch({
    changed: (path, isFolder) => {
      const counts = this.#rules.some((each) =>
        isFolder ? each.enters(path) : each.concerns(path)
      );
      if (counts) this.#seen.add(path.slice(this.top.length + 1));
      this.#news.resolve();
    },
    opened: (folders) => this.opened.push(folders),
  });

  /** Makes some files, and watches some paths. */
  static async of(files: readonly string[], paths: readonly string[]) {
    const stage = new Stage();
    for (const file of files) stage.write(file);
    await stage.follow(paths);
    return stage;
  }

  async follow(paths: readonly string[], patterns: readonly string[] = []) {
    const all = paths.map((path) => `${this.top}/${path}`);
    const rules = new WatchRules({ paths: all, ignore: patterns }, this.top);
    this.#rules = [rules];
    await this.watch.watch(this.#rules);
  }

  path(name: string): string {
    return `${this.top}/${name}`;
  }

  write(name: string, text: string = name): void {
    const path = this.path(name);
    const folder = path.slice(0, path.lastIndexOf("/"));
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(path, text);
  }

  /** Waits until some files have been told, and forgets all that were. */
  async see(...names: readonly string[]): Promise<void> {
    await this.#until(...names);
    this.#seen.clear();
  }

  /** Returns what is told of a change, between those of files that count. */
  async unseen(change: () => void, folder: string): Promise<string[]> {
    const [first, last] = [`${folder}/first`, `${folder}/last`];
    this.write(first);
    await this.see(first);
    change();
    this.write(last);
    await this.#until(last);
    const others = [...this.#seen].filter((name) =>
      name !== first && name !== last
    );
    this.#seen.clear();
    return others;
  }

  /** Waits until some files have been told, and all folders are watched. */
  async #until(...names: readonly string[]): Promise<void> {
    while (!names.every((name) => this.#seen.has(name))) {
      this.#news = Promise.withResolvers();
      await this.#news.promise;
    }
    await this.watch.settled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

Deno.test({
  name:
    "Files that are written, made, removed and replaced by a rename are seen",
  ignore,
  async fn() {
    await using stage = await Stage.of(["src/a", "src/b/c", "one", "d"], [
      "src",
      "one",
    ]);
    stage.write("src/b/c");
    await stage.see("src/b/c");
    Deno.removeSync(stage.path("src/a"));
    await stage.see("src/a");
    // A file that is named itself, and replaced as Vim does, and again.
    for (let i = 0; i < 2; i++) {
      Deno.renameSync(stage.path("one"), stage.path("one~"));
      stage.write("one");
      await stage.see("one");
      stage.write("new");
      Deno.renameSync(stage.path("new"), stage.path("one"));
      await stage.see("one");
    }
    // Nothing else is told, and reading is no change.
    const change = () => {
      stage.write("d");
      stage.write("src/.a.swp");
      Deno.readTextFileSync(stage.path("src/b/c"));
    };
    assertEquals(await stage.unseen(change, "src"), []);
  },
});

Deno.test({
  name: "Folders that come, go, and come again are followed",
  ignore,
  async fn() {
    await using stage = await Stage.of([], ["a/src"]);
    stage.write("a/src/deep/er/one");
    await stage.see("a/src/deep/er/one");
    stage.write("a/src/deep/er/two");
    await stage.see("a/src/deep/er/two");
    for (let i = 0; i < 2; i++) {
      Deno.removeSync(stage.path("a"), { recursive: true });
      stage.write("a/src/deep/one");
      await stage.see("a/src/deep/one");
      stage.write("a/src/deep/one");
      await stage.see("a/src/deep/one");
    }
    // One that moves in has files, one that moves out had some.
    stage.write("elsewhere/three");
    Deno.renameSync(stage.path("elsewhere"), stage.path("a/src/in"));
    await stage.see("a/src/in/three");
    stage.write("a/src/in/three");
    await stage.see("a/src/in/three");
    Deno.renameSync(stage.path("a/src/in"), stage.path("out"));
    await stage.see("a/src/in");
    // An empty one is no change.
    const change = () => Deno.mkdirSync(stage.path("a/src/empty"));
    const told = await stage.unseen(change, "a/src/deep");
    assertEquals(told.includes("a/src/empty"), false);
  },
});

Deno.test({
  name: "Links to files and folders are followed, once",
  ignore,
  async fn() {
    await using stage = await Stage.of(["v1/a", "v2/a", "conf/x", "src/b"], []);
    Deno.symlinkSync(stage.path("v1"), stage.path("current"));
    Deno.symlinkSync(stage.path("conf/x"), stage.path("src/x"));
    Deno.symlinkSync(stage.path("src"), stage.path("src/loop"));
    await stage.follow(["current", "src"]);
    stage.write("v1/a");
    await stage.see("current/a");
    stage.write("conf/x");
    await stage.see("src/x");
    // A deployment that turns the link.
    Deno.symlinkSync(stage.path("v2"), stage.path("next"));
    Deno.renameSync(stage.path("next"), stage.path("current"));
    await stage.see("current/a");
    stage.write("v2/a");
    await stage.see("current/a");
    assertEquals(await stage.unseen(() => stage.write("v1/a"), "src"), []);
  },
});

Deno.test({
  name:
    "Folders that are ignored are not watched, and other rules take effect at once",
  ignore,
  async fn() {
    const modules = Array.from(
      { length: 50 },
      (_, i) => `src/node_modules/${i}/a`,
    );
    await using stage = await Stage.of([...modules, "src/a", "src/gen/b"], [
      "src",
    ]);
    // The folder above, `src` and `src/gen`.
    assertEquals(stage.opened, [3]);
    await stage.follow(["src"], ["gen"]);
    assertEquals(stage.opened, [3, 2]);
    assertEquals(
      await stage.unseen(() => stage.write("src/gen/b"), "src"),
      [],
    );
    await stage.follow(["src/gen"]);
    assertEquals(
      await stage.unseen(() => stage.write("src/a"), "src/gen"),
      [],
    );
  },
});
