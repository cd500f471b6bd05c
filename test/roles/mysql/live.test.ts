import { describe, expect, it } from "vitest";
import { live } from "../../../roles/mysql/live.ts";

const hostAt = (address: string): string => address;
const told = (document: Readonly<Record<string, unknown>>) => live.notes(JSON.stringify(document), hostAt);

/** Status documents of a keeper, as `status.py` writes them. */
const replica = { role: "replica", state: "running", open: false, source: "db1", lag: 0.2, waits_for: "" };
const sync = { leader: "db1", term: 7, complete: true, members: ["db2@b2"] };
const leader = { ...replica, role: "primary", open: true, source: null, lag: null, sync };
const closed = { ...replica, source: null, lag: null };

describe("what the picture says of a member", () => {
  it.each<[Readonly<Record<string, unknown>>, readonly string[]]>([
    [leader, ["leader"]],
    [{ ...leader, sync: null }, ["leader"]],
    [{ ...leader, sync: { ...sync, members: [] } }, ["leader", "no other member has every write"]],
    [{ ...leader, sync: { ...sync, complete: false } }, ["leader", "no other member has every write"]],
    [{ ...leader, pause: true }, ["leader", "the keepers are paused"]],
    [replica, ["follows db1, 0 s behind"]],
    [{ ...replica, lag: 7.4 }, ["follows db1, 7 s behind"]],
    [{ ...replica, lag: null }, ["follows db1"]],
    [{ ...replica, reason: "Duplicate entry" }, ["follows db1, 0 s behind", "Duplicate entry"]],
    [{ ...replica, open: true }, ["follows db1, 0 s behind", "takes writes, but does not lead"]],
    [{ ...replica, kept_aside: ["/var/lib/mysql.aside-1"] }, [expect.anything(), "data are kept aside"]],
    [closed, ["follows no member"]],
    [{ ...closed, waits_for: "an answer of the store" }, ["waits for an answer of the store"]],
    [{ ...closed, state: "off", waits_for: "db1" }, ["database off"]],
    [{ ...closed, state: "copying" }, ["database copying"]],
    [{ ...closed, state: "off", reason: "no copy of db1" }, ["database off", "no copy of db1"]],
  ])("%j", (document, notes) => expect(told(document)).toEqual(notes));

  it.each(["", "no such path\n", "[]", "{}", "null", '"primary"', "{", "7", '{"role": ["primary"]}'])(
    "an answer that is no document says nothing: %j",
    (output) => expect(live.notes(output, hostAt)).toEqual([]),
  );
});
