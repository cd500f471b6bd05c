// `npm run drill`: starts the stack of the demo if it does not run, and breaks everything that it must survive. Options are those of
// `provision drill`; by default each fault happens five times, which takes about an hour and a half.
import {
  buildIfStale,
  installDebianPackages,
  installNodePackages,
  labPackages,
  provision,
  run,
} from "./setup.mjs";

const inventory = "inventories/lab.yml";
const given = process.argv.slice(2);

installNodePackages();
installDebianPackages(labPackages);
buildIfStale();
run("node", [provision, "lab", "up", "-i", inventory]);
run("node", [provision, "--inventory", inventory]);
run("node", [
  provision,
  "drill",
  "-i",
  inventory,
  "--yes",
  ...(given.length > 0 ? given : ["--rounds", "5"]),
]);
