// docs/lab.svg, the picture in the README: drawn by the command itself from the lab's inventory.
import { execFileSync } from "node:child_process";
import { buildIfStale, provision, root } from "../setup.mjs";

export const picturePath = "docs/lab.svg";

/** The picture's text. */
export function drawPicture() {
  buildIfStale();
  const args = [provision, "diagram", "-i", "inventories/lab.yml", "--format", "svg"];
  return execFileSync("node", args, { cwd: root, encoding: "utf8" });
}
