/** Whether to colour standard output. `color`: false with `--no-color`. */
export function wantsColor({ color }: { readonly color: boolean }): boolean {
  return (
    color &&
    process.stdout.isTTY === true &&
    (process.env.NO_COLOR ?? "") === "" &&
    process.env.TERM !== "dumb"
  );
}

/** Columns of the terminal of standard output; 0: no terminal, or unknown. */
export function terminalColumns(): number {
  return process.stdout.isTTY === true ? (process.stdout.columns ?? 0) : 0;
}
