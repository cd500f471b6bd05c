/** The user's request to stop a move, which counts until its first change. */
export interface MoveInterrupt {
  /** Right before the first change: false when the user has asked to stop. From then on the move is finished. */
  begin(): boolean;
  /** Fulfilled when the user asks to stop in time. */
  readonly stopped: Promise<void>;
  release(): void;
}

/**
 * Ctrl-C, SIGTERM and SIGHUP stop a move only before its first change: after it, one that stops half-way would leave no
 * primary at all. `tell` says so.
 */
export function onMoveInterrupt(tell: () => void): MoveInterrupt {
  let state: "waiting" | "begun" | "stopped" = "waiting";
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const interrupt = (): void => {
    if (state === "begun") tell();
    else {
      state = "stopped";
      stop();
    }
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    begin: () => {
      if (state === "waiting") state = "begun";
      return state === "begun";
    },
    stopped,
    release: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
