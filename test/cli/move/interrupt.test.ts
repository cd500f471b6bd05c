import { expect, test } from "vitest";
import { onMoveInterrupt } from "../../../src/cli/move/interrupt.ts";

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s stops a move that has not begun", async (signal) => {
  const interrupt = onMoveInterrupt(() => {
    throw new Error("nothing is being finished");
  });
  try {
    process.emit(signal);
    await interrupt.stopped;
    expect(interrupt.begin()).toBe(false);
  } finally {
    interrupt.release();
  }
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s lets a move that has begun end", (signal) => {
  let told = 0;
  const interrupt = onMoveInterrupt(() => {
    told += 1;
  });
  try {
    expect(interrupt.begin()).toBe(true);
    process.emit(signal);
    expect([told, interrupt.begin()]).toEqual([1, true]);
  } finally {
    interrupt.release();
  }
});
