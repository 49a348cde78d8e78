// build.mjs: styles, the icon sprite and vendored scripts, written to src/huying/ui/static/ui. Needs Node 20.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "src", "huying", "ui", "static", "ui");
const from = (...parts) => join(here, "node_modules", ...parts);
const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n").replace(/\n?\/\*# sourceMappingURL=.*\*\/\s*$/, "\n");

mkdirSync(join(out, "vendor"), { recursive: true });

// styles
execFileSync(
  process.execPath,
  [from("@tailwindcss", "cli", "dist", "index.mjs"), "-i", join(here, "src", "huying.css"), "-o", join(out, "huying.css"), "--minify"],
  { stdio: "inherit", cwd: here },
);

// own scripts: copied as they are, one module each
for (const name of readdirSync(join(here, "src", "js"))) cpSync(join(here, "src", "js", name), join(out, name));

// vendored scripts, with their licences beside them
const vendored = [
  ["htmx.org", "dist/htmx.min.js", "htmx.min.js"],
  ["htmx-ext-sse", "dist/sse.min.js", "htmx-sse.min.js"],
  ["maplibre-gl", "dist/maplibre-gl.mjs", "maplibre-gl.mjs"],
  ["maplibre-gl", "dist/maplibre-gl-worker.mjs", "maplibre-gl-worker.mjs"],
  ["maplibre-gl", "dist/maplibre-gl.css", "maplibre-gl.css"],
];
for (const [name, file, target] of vendored)
  writeFileSync(join(out, "vendor", target), withoutMap(readFileSync(from(name, file), "utf8")));
const licences = ["htmx.org", "htmx-ext-sse", "maplibre-gl", "lucide-static", "daisyui", "tailwindcss"].map((name) => {
  const about = JSON.parse(readFileSync(from(name, "package.json"), "utf8"));
  const file = readdirSync(from(name)).find((one) => /^licen[cs]e/i.test(one));
  const words = file ? readFileSync(from(name, file), "utf8").trim() : `Licence: ${about.license}`;
  return `${name} ${about.version} (${about.license})\n\n${words}\n`;
});
writeFileSync(join(out, "vendor", "LICENCES.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));

// one sprite: Lucide shapes named in icons.json, and the shapes of states, which are our own
const names = JSON.parse(readFileSync(join(here, "src", "icons.json"), "utf8"));
const symbols = Object.entries(names).map(([name, lucide]) => {
  const svg = readFileSync(from("lucide-static", "icons", `${lucide}.svg`), "utf8");
  const body = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
});
const shapes = readFileSync(join(here, "src", "shapes.svg"), "utf8").replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "");
writeFileSync(
  join(out, "sprite.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg"><!-- line icons: Lucide, ISC licence, see vendor/LICENCES.txt -->\n${symbols.join("\n")}\n${shapes.trim()}\n</svg>\n`,
);
writeFileSync(join(out, "icons.json"), JSON.stringify(Object.keys(names).sort()) + "\n");
cpSync(join(here, "src", "mark.svg"), join(out, "mark.svg"));
for (const name of readdirSync(join(here, "src", "samples"))) cpSync(join(here, "src", "samples", name), join(out, name));
