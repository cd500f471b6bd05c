import { file, type Resource, unit } from "provision";
import { type Context, votersOf } from "./files.ts";
import { place } from "./place.ts";

/** Minutes between the turns of two voters: one that rewrites its data file answers nobody meanwhile. */
const apart = 20;

/** Each voter looks at its data file once a night, one after another. */
export function defragmentation(context: Context): readonly Resource[] {
  const { host, render } = context;
  const turn = votersOf(context).findIndex(({ name }) => name === host.name) * apart;
  const two = (value: number): string => String(value).padStart(2, "0");
  const at = `${two((3 + Math.floor(turn / 60)) % 24)}:${two(turn % 60)}`;
  const service = file("/etc/systemd/system/etcd-defragment.service", {
    content: render("defragment.service", { program: place.program }),
  });
  const timer = file("/etc/systemd/system/etcd-defragment.timer", {
    content: render("defragment.timer", { at }),
  });
  return [service, timer, unit("etcd-defragment.timer", { restartOn: [service, timer] })];
}
