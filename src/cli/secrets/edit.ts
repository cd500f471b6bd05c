import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { err, type Result } from "../../base/result.ts";
import { changeFile, openFile, withEdit } from "../../secrets/change-secrets.ts";
import { formatSecrets, parseSecrets, type StoredSecrets } from "../../secrets/stored-secrets.ts";
import { keepRejected, readRejected, rejectedPath, removeRejected } from "./rejected.ts";
import { filesOf, notDone, type SecretsOptions, tell, withoutInventory } from "./values.ts";

/** Exit codes: done · not done. */
const [done, failed] = [0, 1];

/**
 * `secrets edit -i FILE`: the secrets in the user's editor, as JSON. The plain text is in a folder of memory where there is
 * one, for its owner only, and gone whatever happens. An edit that cannot be read is kept, encrypted.
 */
export async function editCommand(options: SecretsOptions): Promise<number> {
  if (options.inventory.length === 0) return withoutInventory("edit");
  const files = filesOf(options);
  const open = await openFile(files, process.env);
  if (!open.ok) return notDone(open.error);
  const { identity, stored } = open.value;
  const path = rejectedPath(files, identity);
  const rejected = readRejected(path, identity);
  if (!rejected.ok) return tell(rejected.error, failed);
  const { value: found } = rejected;
  const whole = formatSecrets(stored);
  const begun = found ?? { before: whole, text: whole };
  const before = parseSecrets(begun.before);
  if (!before.ok)
    return tell(`${found === undefined ? files.file : path}: ${before.error}; remove it`, failed);
  if (found !== undefined) tell(`this goes on with the edit that was refused (${path})`, done);
  const keep = async (text: string): Promise<void> => {
    tell(await keepRejected({ before: begun.before, text }, path, identity), done);
  };
  const edited = await editUntilGood(begun.text);
  if (!edited.ok) {
    const { message, text } = edited.error;
    if (text !== undefined) await keep(text);
    return tell(message, failed);
  }
  if (formatSecrets(edited.value) === begun.before) return finish("nothing was changed", path);
  const saved = await changeFile(files, process.env, (now) => withEdit(before.value, edited.value, now));
  if (saved.ok) return finish(`${files.file} is saved`, path);
  await keep(formatSecrets(edited.value));
  return notDone(saved.error);
}

function finish(message: string, path: string): number {
  const left = removeRejected(path);
  if (left !== undefined) tell(left, done);
  return tell(message, done);
}

/** `text`: the edit, where there was one that must not be lost. */
interface NotEdited {
  readonly message: string;
  readonly text?: string;
}

async function editUntilGood(text: string): Promise<Result<StoredSecrets, NotEdited>> {
  const folder = mkdtempSync(join(memoryFolder(), "provision-secrets-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const editor: Editor = { running: undefined };
  const ended = onSignals(() => {
    editor.running?.kill();
    remove();
  });
  const file = join(folder, "secrets.json");
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    for (;;) {
      const code = await runEditor(file, editor);
      if (!existsSync(file)) return err({ message: "the editor has left no file: nothing was saved" });
      const edited = readFileSync(file, "utf8");
      const parsed = parseSecrets(edited);
      if (code !== 0) {
        const message = `the editor ended with ${code}: nothing was saved`;
        return err(edited === text ? { message } : { message, text: edited });
      }
      if (parsed.ok) return parsed;
      tell(`this cannot be saved: ${parsed.error}`, failed);
      if (!(await again())) return err({ message: "nothing was saved", text: edited });
    }
  } finally {
    remove();
    ended();
  }
}

/** What is in memory never reaches a disk. */
function memoryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

/** Ctrl-C belongs to the editor; the other signals end this process, after the plain text is gone. */
function onSignals(remove: () => void): () => void {
  const ignore = (): void => {};
  const end = (signal: NodeJS.Signals): void => {
    remove();
    process.exit(signal === "SIGTERM" ? 143 : 129);
  };
  process.on("SIGINT", ignore);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  process.on("exit", remove);
  return () => {
    process.off("SIGINT", ignore);
    process.off("SIGTERM", end);
    process.off("SIGHUP", end);
    process.off("exit", remove);
  };
}

interface Editor {
  running: ChildProcess | undefined;
}

/** The exit code of `$VISUAL`, `$EDITOR` or vi; they may be several words. */
function runEditor(file: string, state: Editor): Promise<number> {
  const editor = process.env.VISUAL || process.env.EDITOR || "vi";
  const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  state.running = child;
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function again(): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question("Enter: edit again · q: leave it: ");
    return !answer.trim().toLowerCase().startsWith("q");
  } finally {
    lines.close();
  }
}
