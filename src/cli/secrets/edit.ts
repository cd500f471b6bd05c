import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { err, type Result } from "../../base/result.ts";
import { changeFile, openFile, withEdit } from "../../secrets/change-secrets.ts";
import { formatSecrets, parseSecrets, type StoredSecrets } from "../../secrets/stored-secrets.ts";
import { keepRejected, readRejected, rejectedPath, removeRejected } from "./rejected.ts";
import { filesOf, notDone, type SecretsOptions, withoutInventory, writeMessage } from "./values.ts";

/** Exit codes. */
const [done, failed] = [0, 1];

/**
 * `secrets edit -i FILE`: all secrets as JSON in the user's editor. The plain text is in a folder in memory, if possible,
 * readable only by its owner, and always removed. An edit with errors is kept, encrypted.
 */
export async function editCommand(options: SecretsOptions): Promise<number> {
  if (options.inventory.length === 0) return withoutInventory("edit");
  const files = filesOf(options);
  const open = await openFile(files, process.env);
  if (!open.ok) return notDone(open.error);
  const { identity, stored } = open.value;
  const path = rejectedPath(files, identity);
  const rejected = readRejected(path, identity);
  if (!rejected.ok) return writeMessage(rejected.error, failed);
  const { value: earlier } = rejected;
  const whole = formatSecrets(stored);
  const start = earlier ?? { before: whole, text: whole };
  const before = parseSecrets(start.before);
  if (!before.ok)
    return writeMessage(`${earlier === undefined ? files.file : path}: ${before.error}; remove it`, failed);
  if (earlier !== undefined) writeMessage(`continuing with the edit that was not saved (${path})`, done);
  const keep = async (text: string): Promise<void> => {
    writeMessage(await keepRejected({ before: start.before, text }, path, identity), done);
  };
  const edited = await editUntilGood(start.text);
  if (!edited.ok) {
    const { message, text } = edited.error;
    if (text !== undefined) await keep(text);
    return writeMessage(message, failed);
  }
  if (formatSecrets(edited.value) === start.before) return finish("nothing was changed", path);
  const saved = await changeFile(files, process.env, (now) => withEdit(before.value, edited.value, now));
  if (saved.ok) return finish(`${files.file} is saved`, path);
  await keep(formatSecrets(edited.value));
  return notDone(saved.error);
}

function finish(message: string, path: string): number {
  const left = removeRejected(path);
  if (left !== undefined) writeMessage(left, done);
  return writeMessage(message, done);
}

/** `text`: an edit that must not be lost. */
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
      if (!existsSync(file)) return err({ message: "the editor removed the file: nothing was saved" });
      const edited = readFileSync(file, "utf8");
      const parsed = parseSecrets(edited);
      if (code !== 0) {
        const message = `the editor exited with code ${code}: nothing was saved`;
        return err(edited === text ? { message } : { message, text: edited });
      }
      if (parsed.ok) return parsed;
      writeMessage(`this cannot be saved: ${parsed.error}`, failed);
      if (!(await confirmRetry())) return err({ message: "nothing was saved", text: edited });
    }
  } finally {
    remove();
    ended();
  }
}

/** A folder in memory, so that the plain text never reaches a disk. */
function memoryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

/** The editor handles Ctrl-C; other signals remove the plain text and end this process. */
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

/** Runs `$VISUAL`, `$EDITOR` or vi, which may have arguments; returns the exit code. */
function runEditor(file: string, state: Editor): Promise<number> {
  const editor = process.env.VISUAL || process.env.EDITOR || "vi";
  const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  state.running = child;
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function confirmRetry(): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question("Enter: edit again · q: give up: ");
    return !answer.trim().toLowerCase().startsWith("q");
  } finally {
    lines.close();
  }
}
