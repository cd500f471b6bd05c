import { expect, it } from "vitest";
import { logIn } from "../../../src/run/connect/login.ts";

it("a host outside the limit whose login the inventory has wrong counts as not reachable, and nothing is tried", async () => {
  let tried = 0;
  const reached = await logIn(
    {
      targets: new Map(),
      transport: {
        connect: async () => {
          tried += 1;
          return { ok: false, error: { code: "unreachable", message: "tried" } };
        },
      },
      connectDeadline: 1000,
      stop: { requested: false, aborted: false, whenAborted: new Promise(() => {}) },
    },
    "web2",
  );
  expect(reached).toEqual({
    ok: false,
    error: {
      code: "unreachable",
      message: "web2: cannot be logged in to, because its variables in the inventory are wrong",
    },
  });
  expect(tried).toBe(0);
});
