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

/** Words of ssh2 → what is said in their place. */
const changes = new Map([
  // A server tells all its keys after the login, and ssh2 has it sign with each of them for whoever listens. Nobody here
  // does: the key of the login is the one that is verified.
  [
    "hostKeysProve(this, data, (err, keys) => {",
    'if (this.listenerCount("hostkeys") > 0) hostKeysProve(this, data, (err, keys) => {',
  ],
  // A server is asked whether it would take a key before anything is signed with it, which once took a second. It no longer
  // does, so the question is a way there and back for nothing.
  ["proto.authPK(username, curAuth.key, keyAlgo);", "proto._handlers.USERAUTH_PK_OK(proto);"],
]);

/** Fewer packets at each login. */
const shorterLogin = {
  name: "shorter login",
  setup(build) {
    build.onLoad({ filter: /ssh2[/\\]lib[/\\]client\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const [from, to] of changes) {
        if (contents.split(from).length !== 2)
          throw new Error(`${path} has changed: not once does it say ${from}`);
        contents = contents.replace(from, to);
      }
      return { contents, loader: "js" };
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
  plugins: [oneLanguage, noHttpAgents, shorterLogin],
  // CommonJS packages inside an ES bundle ask for `require` and `__dirname`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;',
  },
  legalComments: "none",
  logLevel: "warning",
};
