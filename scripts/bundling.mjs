// How TypeScript becomes something that Node 20 runs: for dist/, and for the programs that tests start.
import { readFileSync } from "node:fs";

/** zod brings its messages in fifty languages; we speak one. Half of what would be loaded at each start is saved. */
const oneLanguage = {
  name: "one language",
  setup(build) {
    build.onLoad({ filter: /zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** ssh2 also offers agents for http over SSH. Nobody here uses them, and they load half of Node at each start. */
const noHttpAgents = {
  name: "no http agents",
  setup(build) {
    build.onLoad({ filter: /ssh2[/\\]lib[/\\]http-agents\.js$/ }, () => ({
      contents: "module.exports = {};",
    }));
  },
};

/**
 * A server tells all its keys after the login, and ssh2 has it sign with each of them for whoever listens. Nobody here does:
 * the key of the login is the one that is verified.
 */
const noOtherKeys = {
  name: "no other keys",
  setup(build) {
    const call = "hostKeysProve(this, data, (err, keys) => {";
    build.onLoad({ filter: /ssh2[/\\]lib[/\\]client\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes(call)) throw new Error(`${path} has changed: it no longer says ${call}`);
      return {
        contents: text.replace(call, `if (this.listenerCount("hostkeys") > 0) ${call}`),
        loader: "js",
      };
    });
  },
};

/** @type {import("esbuild").BuildOptions} */
export const bundling = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // ssh2 tries native addons and does without them; they cannot be bundled.
  external: ["cpu-features", "*.node"],
  plugins: [oneLanguage, noHttpAgents, noOtherKeys],
  // CommonJS packages inside an ES bundle ask for `require` and `__dirname`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;',
  },
  legalComments: "none",
  logLevel: "warning",
};
