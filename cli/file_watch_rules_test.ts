import { assertEquals } from "@std/assert";
import {
  ownFiles,
  shownPath,
  watchOptions,
  WatchRules,
} from "./file_watch_rules.ts";

const CWD = "/shop";

/** Returns which of some files count, with paths relative to the folder. */
function counting(
  watch: { paths: string[]; ignore?: string[] },
  files: readonly string[],
  own: readonly RegExp[] = [],
): string[] {
  const { ignore = [] } = watch;
  const paths = watch.paths.map((path) =>
    path === "." ? CWD : `${CWD}/${path}`
  );
  const rules = new WatchRules({ paths, ignore }, CWD, own);
  return files.filter((file) => rules.concerns(`${CWD}/${file}`));
}

Deno.test("watchOptions() reads both forms", () => {
  assertEquals(watchOptions(undefined), undefined);
  const options = { ignore: [], debounceMs: 200, cascade: false };
  assertEquals(watchOptions(["/a"]), { ...options, paths: ["/a"] });
  const all = { paths: ["/a"], ignore: ["b"], debounceMs: 0, cascade: true };
  assertEquals(watchOptions(all), all);
});

Deno.test("A path counts with everything below it", () => {
  const files = ["src/a.ts", "src/b/c.ts", "src", "srcs/a.ts", "a.ts"];
  assertEquals(counting({ paths: ["src"] }, files), files.slice(0, 3));
  assertEquals(counting({ paths: ["src/"] }, files), files.slice(0, 3));
  assertEquals(counting({ paths: ["a.ts"] }, files), ["a.ts"]);
  assertEquals(counting({ paths: ["."] }, files), files);
});

Deno.test("A pattern counts below the folder in which it begins", () => {
  const files = ["a.ts", "src/a.ts", "src/a.js", "src/b/c.ts", "src/.d/e.ts"];
  const of = (path: string) => counting({ paths: [path] }, files);
  assertEquals(of("*.ts"), ["a.ts"]);
  assertEquals(of("src/*.{ts,js}"), ["src/a.ts", "src/a.js"]);
  assertEquals(of("src/**/*.ts"), ["src/a.ts", "src/b/c.ts", "src/.d/e.ts"]);
  assertEquals(of("**/c.*"), ["src/b/c.ts"]);
});

Deno.test("Files of editors, of version control and of package managers never count", () => {
  const never = [
    ".git/HEAD",
    "node_modules/a/b.js",
    "src/node_modules/a.js",
    "src/.a.ts.swp",
    "src/a.ts~",
    "src/4913",
    "src/.#a.ts",
    "src/#a.ts#",
    "src/a.ts___jb_tmp___",
    "src/__pycache__/a.pyc",
  ];
  const files = ["src/a.ts", "src/4913.ts", "git/a", ".env"];
  assertEquals(counting({ paths: ["."] }, [...never, ...files]), files);
  // What is named itself counts.
  const named = counting({ paths: ["node_modules/a", "x~"] }, [...never, "x~"]);
  assertEquals(named, ["node_modules/a/b.js", "x~"]);
});

Deno.test("ignore has names of any level, and paths of the folder", () => {
  const files = [
    "a.ts",
    "a_test.ts",
    "dist/a.js",
    "src/dist/b.js",
    "src/gen/c.ts",
  ];
  const left = (...ignore: string[]) =>
    counting({ paths: ["."], ignore }, files);
  assertEquals(left("*_test.ts"), files.toSpliced(1, 1));
  assertEquals(left("dist"), ["a.ts", "a_test.ts", "src/gen/c.ts"]);
  assertEquals(left("dist/"), left("dist"));
  assertEquals(left("/dist"), files.toSpliced(2, 1));
  assertEquals(left("./src/dist"), files.toSpliced(3, 1));
  assertEquals(left("src/*/c.ts"), files.toSpliced(4, 1));
  assertEquals(left("**/*.ts"), ["dist/a.js", "src/dist/b.js"]);
});

Deno.test("What the processes and the supervisor write does not count", () => {
  const file = { path: "/shop/log/api.$[replica].log", stderr: "/shop/err" };
  const own = ownFiles({
    processes: { api: { output: { file } }, web: {} },
    logs: { folder: "/shop/kept", maxBytes: 1, maxAgeMs: 1 },
  });
  const files = [
    "log/api.2.log",
    "log/api.2.log.1",
    "err",
    "err.3",
    "kept/a/b",
  ];
  const others = ["log/web.log", "errors", "keptx"];
  assertEquals(counting({ paths: ["."] }, [...files, ...others], own), others);
});

Deno.test("Folders are looked into only if files in them can count", () => {
  const enters = (path: string, folder: string, ignore: string[] = []) =>
    new WatchRules({ paths: [`${CWD}/${path}`], ignore }, CWD)
      .enters(`${CWD}/${folder}`);
  assertEquals(enters("src", "src/a/b"), true);
  assertEquals(enters("src", "lib"), false);
  assertEquals(enters("src", "src/node_modules"), false);
  assertEquals(enters("src", "src/gen", ["gen"]), false);
  assertEquals(enters("*.ts", "src"), false);
  assertEquals(enters("*/*.ts", "src"), true);
  assertEquals(enters("*/*.ts", "src/a"), false);
  assertEquals(enters("**/*.ts", "src/a"), true);
});

Deno.test("shownPath() is relative below the folder", () => {
  assertEquals(shownPath("/shop/src/a.ts", CWD), "src/a.ts");
  assertEquals(shownPath("/lib/a.ts", CWD), "/lib/a.ts");
  assertEquals(shownPath("/shop", CWD), "shop");
});
