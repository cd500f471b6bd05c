/** Whether standard output is to be coloured. `color`: false where `--no-color` was given. */
export function wantsColor({ color }: { readonly color: boolean }): boolean {
  return (
    color &&
    process.stdout.isTTY === true &&
    (process.env.NO_COLOR ?? "") === "" &&
    process.env.TERM !== "dumb"
  );
}

/** Columns of the terminal that standard output is; 0 = it is none, or does not know. */
export function terminalColumns(): number {
  return process.stdout.isTTY === true ? (process.stdout.columns ?? 0) : 0;
}
