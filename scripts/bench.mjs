// `npm run bench`: the comparisons the README quotes, on the lab's hosts. Prints medians and ratios; judges nothing.
import {
  buildIfStale,
  fail,
  installDebianPackages,
  installNodePackages,
  isLinuxRoot,
  labPackages,
  provision,
  run,
} from "./setup.mjs";

if (!isLinuxRoot) fail("The bench compares runs on the lab's hosts, which need Linux and root.");
installNodePackages();
installDebianPackages([...labPackages, "ansible-core", "ansible-mitogen"]);
buildIfStale();
const rounds = process.argv[2] ?? "7";
run("node", ["bench/first-build.mjs"]);
for (const inventory of ["inventories/lab.yml", "test/lab/fixtures/web.yml"])
  run("node", ["bench/no-op.mjs", rounds, inventory]);
run("node", [provision, "lab", "down"]);
