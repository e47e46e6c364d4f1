// Bundles the UI into the Python package: `node build.mjs [--watch] [--out FOLDER]`.
//
// What comes out (`src/llamaswap/ui_dist/`) is what the server shows below `/ui/`: the page, hashed files in `assets/`, and of
// whatever is worth it a copy as `.br` and one as `.gz`. The same sources give the same bytes.

import { readFile, readdir, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const WATCH = process.argv.includes("--watch");
const OUT = resolve(HERE, argument("--out") ?? "../src/llamaswap/ui_dist");
const WORTH_COMPRESSING = 512;
const PAGE = "src/main.tsx";
/** What runs before the first paint. */
const BOOT = "src/boot.ts";
/** Threads of their own, beside those of pages. */
const WORKERS = { feed: "src/server/feed.worker.ts" };

const shared = {
  absWorkingDir: HERE,
  bundle: true,
  minify: !WATCH,
  metafile: true,
  write: false,
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  outdir: join(OUT, "assets"),
  entryNames: "[name].[hash]",
  chunkNames: "[name].[hash]",
  assetNames: "[name].[hash]",
  loader: { ".svg": "file" },
  logLevel: "warning",
};

function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Build what stands alone, first: the hashed names of threads are constants of the page's script. */
async function alone() {
  const threads = { ...WORKERS, ...(await pageWorkers()) };
  const built = await esbuild.build({ ...shared, entryPoints: { boot: BOOT, ...threads }, format: "iife" });
  const names = Object.entries(threads).map(([name, script]) => [`WORKER_${name.toUpperCase()}`, JSON.stringify(asset(built, script))]);
  return { ...built, names: Object.fromEntries(names) };
}

/** Where the script, or with `end` the style, of an entry is, relative to the page. */
function asset({ metafile }, entry, end = "js") {
  const found = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === entry);
  if (!found) throw new Error(`nothing was built of ${entry}`);
  return `assets/${(end === "css" ? found[1].cssBundle : found[0]).split("/").pop()}`;
}

/** Every `*.worker.ts` below `src/pages` is a thread of its own, known to scripts as `WORKER_<NAME>`. */
async function pageWorkers() {
  const found = await readdir(join(HERE, "src/pages"), { recursive: true });
  const scripts = found.filter((name) => name.endsWith(".worker.ts")).sort();
  return Object.fromEntries(scripts.map((name) => [name.split("/").pop().split(".")[0], `src/pages/${name}`]));
}

async function build() {
  const own = await alone();
  const page = await esbuild.build({ ...shared, entryPoints: { main: PAGE }, format: "esm", splitting: true, define: own.names });
  await rm(OUT, { recursive: true, force: true });
  await put(join(OUT, "index.html"), await html(own, page));
  for (const file of [...own.outputFiles, ...page.outputFiles]) await put(file.path, file.contents);
  for (const name of await readdir(join(HERE, "public"))) await put(join(OUT, name), await readFile(join(HERE, "public", name)));
  await put(join(OUT, "licenses.txt"), await licences([own.metafile, page.metafile]));
}

/** The page, which names its scripts and its style by their hashes. */
async function html(own, page) {
  const names = { "boot.js": asset(own, BOOT), "main.js": asset(page, PAGE), "main.css": asset(page, PAGE, "css") };
  const template = await readFile(join(HERE, "src/index.html"), "utf8");
  return template.replace(/\{\{([\w.]+)\}\}/g, (_, name) => names[name]);
}

async function put(path, content) {
  const bytes = Buffer.from(content);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  if (bytes.length < WORTH_COMPRESSING || /\.(png|woff2|ico)$/.test(path)) return;
  const quality = WATCH ? 1 : constants.BROTLI_MAX_QUALITY;
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(`${path}.br`, brotliCompressSync(bytes, { params }));
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

/** The licences of all packages that something was taken from. */
async function licences(metafiles) {
  const inputs = metafiles.flatMap((each) => Object.keys(each.inputs));
  const packages = inputs.map((path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean);
  const texts = [];
  for (const folder of [...new Set(packages)].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(HERE, folder, "package.json"), "utf8"));
    const file = (await readdir(join(HERE, folder))).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? await readFile(join(HERE, folder, file), "utf8") : `${license}\n`;
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return `The web UI contains parts of these packages.\n\n${texts.join(`\n${"-".repeat(78)}\n\n`)}`;
}

if (WATCH) {
  const { watch } = await import("node:fs");
  let due = 0;
  const again = () => {
    clearTimeout(due);
    due = setTimeout(() => build().then(() => console.log("built"), console.error), 100);
  };
  watch(join(HERE, "src"), { recursive: true }, again);
  again();
} else {
  await build();
  console.log(`built ${relative(process.cwd(), OUT) || OUT}`);
}
