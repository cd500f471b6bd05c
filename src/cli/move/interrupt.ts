/** The user's request to stop a move, possible until its first change. */
export interface MoveInterrupt {
  /** Call it before the first change. False: the user has asked to stop. True: the move can no longer be stopped. */
  begin(): boolean;
  /** Resolves when the user asks to stop in time. */
  readonly stopped: Promise<void>;
  release(): void;
}

/**
 * Ctrl-C, SIGTERM and SIGHUP stop a move only before it is asked for: after that the keepers finish it, whoever looks. Then they
 * call `onTooLate`.
 */
export function onMoveInterrupt(onTooLate: () => void): MoveInterrupt {
  let state: "waiting" | "started" | "stopped" = "waiting";
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const interrupt = (): void => {
    if (state === "started") onTooLate();
    else {
      state = "stopped";
      stop();
    }
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    begin: () => {
      if (state === "waiting") state = "started";
      return state === "started";
    },
    stopped,
    release: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
