import { expect, it } from "vitest";
import { live } from "../../../roles/mysql/live.ts";

const hostAt = (address: string): string => (address === "192.0.2.41" ? "db1" : address);

it.each([
  ["primary", ["primary"]],
  ["primary unarmed", ["primary", "commits wait for no replica"]],
  ["replica 192.0.2.41\n0", ["replica of db1, 0 s behind"]],
  ["replica 192.0.2.41\nNULL", ["replica of db1"]],
  ["replica 192.0.2.99\n7", ["replica of 192.0.2.99, 7 s behind"]],
  ["replica-stopped 192.0.2.41\nNULL", ["replica of db1, stopped"]],
  ["replica-broken 192.0.2.41 1236", ["replica of db1, broken"]],
  ["replica-open 192.0.2.41", ["replica of db1, also takes writes"]],
  ["closed 0-1-2", ["takes no writes, follows no member"]],
  ["down", ["database down"]],
  ["fresh", []],
  ["", []],
])("a member that says %j is told as %j", (output, notes) => {
  expect(live.notes(output, hostAt)).toEqual(notes);
});
