import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAgeKey } from "../../src/secrets/decrypt.ts";
import { encryptText, newAgeKey } from "../../src/secrets/encrypt.ts";

const program = resolve(import.meta.dirname, "../../bin/provision.cjs");
let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "secrets-cli-"));
  writeFileSync(join(cwd, "lab.yml"), "all:\n  hosts:\n    h1:\n      roles: []\n");
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly stdin?: string;
  readonly editor?: string;
  readonly key?: string;
}

function environment({ editor, key }: Given): NodeJS.ProcessEnv {
  const { VISUAL: _, XDG_CONFIG_HOME: __, ...rest } = process.env;
  return {
    ...rest,
    HOME: cwd,
    EDITOR: editor ?? "false",
    PROVISION_AGE_KEY_FILE: key ?? join(cwd, "my.key"),
    XDG_CACHE_HOME: join(tmpdir(), "provision-test-cache"),
  };
}

function provision(args: readonly string[], given: Given = {}): Promise<Ended> {
  return new Promise((ended) => {
    const options = { cwd, env: environment(given) };
    const child = execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) =>
      ended({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end(given.stdin ?? "");
  });
}

/** An editor: a program of a few lines that is given the file. */
function editor(name: string, script: string): string {
  const path = join(cwd, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

const plainFolders = (): readonly string[] =>
  readdirSync(existsSync("/dev/shm") ? "/dev/shm" : tmpdir()).filter((name) =>
    name.startsWith("provision-secrets-"),
  );

describe("provision secrets encrypt", () => {
  it("prints a value for the inventory, and `inventory` does not show it", async () => {
    const made = await provision(["secrets", "encrypt", "ansible_become_password", "-i", "lab.yml"], {
      stdin: "canary-in-yaml\n",
    });
    expect(made.code).toBe(0);
    expect(made.stderr).toContain("created a key for your secrets");
    expect(made.stdout).toMatch(
      /^ansible_become_password: !secret \|\n {10}-----BEGIN AGE ENCRYPTED FILE-----\n/,
    );
    writeFileSync(
      join(cwd, "lab.yml"),
      `all:\n  hosts:\n    h1:\n      roles: []\n      ${made.stdout}      url: "x://{{ ansible_become_password }}"\n`,
    );
    const listed = await provision(["inventory", "-i", "lab.yml", "--list"]);
    expect([listed.code, listed.stderr]).toEqual([0, ""]);
    expect(listed.stdout).toContain('"ansible_become_password": "[secret]"');
    expect(listed.stdout).not.toContain("canary");
    const block = made.stdout.slice(made.stdout.indexOf("|") + 1);
    expect((await provision(["secrets", "decrypt"], { stdin: block })).stdout).toBe("canary-in-yaml");
  });

  it("refuses an empty value", async () => {
    const empty = await provision(["secrets", "encrypt"]);
    expect([empty.code, empty.stdout]).toEqual([3, ""]);
  });
});

describe("provision secrets edit", () => {
  /** The file in which a refused edit is kept. */
  const keptIn = ({ stderr }: Ended): string =>
    /your edit is saved, encrypted, in (\S+):/.exec(stderr)?.[1] ?? "";

  it("saves the edited secrets, and leaves no plain text", async () => {
    const before = plainFolders();
    const seen = join(cwd, "seen");
    const script = `stat -c '%a' "$1" > ${seen}; stat -c '%a' "$(dirname "$1")" >> ${seen}; echo '{"b": "two", "a": "one"}' > "$1"`;
    const edited = await provision(["secrets", "edit", "-i", "lab.yml"], { editor: editor("ed", script) });
    expect([edited.code, edited.stderr]).toEqual([0, expect.stringContaining("lab.secrets.age is saved")]);
    expect(readFileSync(seen, "utf8")).toBe("600\n700\n");
    expect(plainFolders()).toEqual(before);
    const listed = await provision(["secrets", "decrypt", "-i", "lab.yml"]);
    expect(listed.stdout).toBe("a  password\nb  password\n");
    expect((await provision(["secrets", "decrypt", "b", "-i", "lab.yml"])).stdout).toBe("two\n");
    const missing = await provision(["secrets", "decrypt", "c", "-i", "lab.yml"]);
    expect([missing.code, missing.stdout]).toEqual([3, ""]);
  });

  it("does not write if nothing was changed or the editor failed", async () => {
    await provision(["secrets", "edit", "-i", "lab.yml"], {
      editor: editor("ed", `echo '{"a": "one"}' > "$1"`),
    });
    const file = join(cwd, "lab.secrets.age");
    const before = readFileSync(file, "utf8");
    expect((await provision(["secrets", "edit", "-i", "lab.yml"], { editor: "true" })).code).toBe(0);
    expect((await provision(["secrets", "edit", "-i", "lab.yml"], { editor: "false" })).code).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("keeps an invalid edit, encrypted, and the next edit continues with it", async () => {
    const to = (text: string): string => editor(`ed${text.length}`, `echo '${text}' > "$1"`);
    await provision(["secrets", "edit", "-i", "lab.yml"], { editor: to('{"a": "one", "b": "two"}') });
    const broken = await provision(["secrets", "edit", "-i", "lab.yml"], {
      editor: to('{"a": "canary-one",'),
    });
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain("this cannot be saved: it is not valid JSON");
    expect(broken.stderr).not.toContain("canary");
    const rejected = keptIn(broken);
    expect(readFileSync(rejected, "utf8")).toContain("-----BEGIN AGE ENCRYPTED FILE-----");
    const seen = join(cwd, "seen");
    const mended = editor("mend", `cat "$1" > ${seen}; echo '{"a": "canary-one"}' > "$1"`);
    expect((await provision(["secrets", "edit", "-i", "lab.yml"], { editor: mended })).code).toBe(0);
    expect(readFileSync(seen, "utf8")).toBe('{"a": "canary-one",\n');
    expect(existsSync(rejected)).toBe(false);
    expect((await provision(["secrets", "decrypt", "-i", "lab.yml"])).stdout).toBe("a  password\n");
  });

  it("keeps an edit beside the key if the inventory's folder is not writable", async () => {
    const inventory = ["-i", "stack/lab.yml"];
    const checkOut = (): void => {
      mkdirSync(join(cwd, "stack"));
      writeFileSync(join(cwd, "stack/lab.yml"), "all: {}\n");
    };
    checkOut();
    const cut = editor("cut", `echo '{"a": "canary-one"}' > "$1"; rm -r ${join(cwd, "stack")}`);
    const lost = await provision(["secrets", "edit", ...inventory], { editor: cut });
    expect(lost.code).toBe(1);
    expect(lost.stderr).toContain("stack/lab.secrets.age cannot be written: ");
    const path = keptIn(lost);
    expect(dirname(path)).toBe(cwd);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(lost.stderr + readFileSync(path, "utf8")).not.toContain("canary");
    checkOut();
    const seen = join(cwd, "seen");
    const mended = editor("mend", `cat "$1" > ${seen}`);
    expect((await provision(["secrets", "edit", ...inventory], { editor: mended })).code).toBe(0);
    expect(readFileSync(seen, "utf8")).toContain("canary-one");
    expect(existsSync(path)).toBe(false);
    expect((await provision(["secrets", "decrypt", "a", ...inventory])).stdout).toBe("canary-one\n");
  });

  it("does not start if it cannot decrypt a rejected edit, and does not change it", async () => {
    const refused = { editor: editor("refused", `echo '{' > "$1"`) };
    const rejected = keptIn(await provision(["secrets", "edit", "-i", "lab.yml"], refused));
    const stranger = parseAgeKey(await newAgeKey())?.recipient ?? "";
    const touched = join(cwd, "touched");
    const touch = editor("touch", `: > ${touched}`);
    const own = (await provision(["secrets", "recipients"])).stdout.split(" ")[0] ?? "";
    for (const text of [
      await encryptText('{"before": "{}", "text": "{}"}', [stranger]),
      await encryptText("canary, not JSON", [own]),
      "garbage",
    ]) {
      writeFileSync(rejected, text);
      const edited = await provision(["secrets", "edit", "-i", "lab.yml"], { editor: touch });
      expect(edited.code).toBe(1);
      expect(edited.stderr).toContain(`${rejected} has an edit that was not saved, and the key in`);
      expect(edited.stderr).not.toContain("canary");
      expect([readFileSync(rejected, "utf8"), existsSync(touched)]).toEqual([text, false]);
    }
  });

  it("reports an editor that removes the file", async () => {
    const gone = await provision(["secrets", "edit", "-i", "lab.yml"], { editor: editor("gone", 'rm "$1"') });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("the editor removed the file")]);
  });

  it("leaves no plain text when a signal ends it", async () => {
    const before = plainFolders();
    const fifo = join(cwd, "up");
    const child = spawn(process.execPath, [program, "secrets", "edit", "-i", "lab.yml"], {
      cwd,
      env: environment({ editor: editor("slow", `echo up > ${fifo}; exec sleep 60`) }),
      stdio: "ignore",
    });
    const exit = once(child, "exit");
    await until(() => existsSync(fifo));
    expect(plainFolders().length).toBe(before.length + 1);
    child.kill("SIGTERM");
    expect(await exit).toEqual([143, null]);
    expect(plainFolders()).toEqual(before);
  });
});

describe("provision secrets rekey", () => {
  it("gives a colleague in secrets.recipients access, and takes it away again", async () => {
    await provision(["secrets", "edit", "-i", "lab.yml"], {
      editor: editor("ed", `echo '{"a": "one"}' > "$1"`),
    });
    const key = join(cwd, "their.key");
    const secret = await newAgeKey();
    writeFileSync(key, secret, { mode: 0o600 });
    const read = () => provision(["secrets", "decrypt", "a", "-i", "lab.yml"], { key });
    expect(await read()).toMatchObject({ code: 1, stdout: "" });
    const recipient = parseAgeKey(secret)?.recipient ?? "";
    expect((await provision(["secrets", "recipients"], { key })).stdout).toBe(`${recipient} # you\n`);
    writeFileSync(join(cwd, "secrets.recipients"), `${recipient}\n`);
    const rekeyed = await provision(["secrets", "rekey", "-i", "lab.yml"]);
    expect([rekeyed.code, rekeyed.stderr]).toEqual([0, expect.stringContaining("encrypted for 2 keys now")]);
    expect(await read()).toMatchObject({ code: 0, stdout: "one\n" });
    rmSync(join(cwd, "secrets.recipients"));
    await provision(["secrets", "rekey", "-i", "lab.yml"]);
    expect((await read()).code).toBe(1);
    expect(statSync(join(cwd, "my.key")).mode & 0o777).toBe(0o600);
  });

  it("needs an inventory", async () => {
    expect((await provision(["secrets", "rekey"])).code).toBe(3);
    expect((await provision(["secrets", "edit"])).code).toBe(3);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
