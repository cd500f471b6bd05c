import { expect, test } from "vitest";
import type { Failure, FailureCode } from "../../../src/model/failure.ts";
import { reachMembers } from "../../../src/run/connect/members.ts";

const service = { endpoints: [{ host: "db1" }] };

const reach = (code: FailureCode, failoverMode: boolean) => {
  const error: Failure = { code, message: `${code} on db1` };
  return reachMembers(service, new Map(), {
    targets: new Map([["db1", { name: "db1", host: "10.0.0.1", sudo: false }]]),
    transport: { connect: async () => ({ ok: false, error }) },
    connectDeadline: 1000,
    holder: "a test",
    sessions: new Set(),
    failoverMode,
  });
};

test.each<FailureCode>(["unreachable", "deadline", "protocol", "connection-lost", "unsupported-host"])(
  "a failover takes a host that fails with %s for away",
  async (code) => {
    expect(await reach(code, true)).toMatchObject({ ok: true, value: [{ host: "db1", session: undefined }] });
    expect(await reach(code, false)).toMatchObject({ ok: code === "unreachable" });
  },
);

test.each<FailureCode>(["host-key-changed", "host-key-unknown", "login-refused", "sudo-refused"])(
  "%s is the user's to mend first, also before a failover",
  async (code) => {
    expect(await reach(code, true)).toMatchObject({ ok: false, error: { code } });
  },
);
