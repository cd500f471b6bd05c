import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SecretSpec } from "../../src/model/secret.ts";
import { newAgeKey } from "../../src/secrets/encrypt.ts";
import { lockFile } from "../../src/secrets/lock.ts";
import { secretsFiles, writeSecrets } from "../../src/secrets/secrets-file.ts";
import { type Declaring, inFolder, open, opened, refused } from "./stack.ts";

const password: SecretSpec = { type: "password" };
const sql: Declaring = {
  mysql: (host) => ({
    "sql/replication": password,
    "sql/pin": { type: "password", length: 12 },
    "sql/ca": { type: "authority", name: "Stack SQL" },
    [`sql/${host}`]: { type: "certificate", authority: "sql/ca", names: [host, "10.0.0.1", "fd00::1"] },
  }),
};
const day = 24 * 3600 * 1000;
const inDays = (days: number): Date => new Date(Date.now() + days * day);

describe("the first run", () => {
  it("creates the user's key and the secrets of all hosts, and reports both", async () => {
    await inFolder(async (folder) => {
      const { secrets, notices } = await opened(folder, sql);
      expect(secrets.password("sql/replication")).toMatch(/^[A-Za-z0-9]{32}$/);
      expect(secrets.password("sql/pin")).toMatch(/^[A-Za-z0-9]{12}$/);
      const key = join(folder.cwd, "home/.config/provision/age.key");
      expect(statSync(key).mode & 0o777).toBe(0o600);
      expect(notices).toEqual([
        expect.stringContaining(key),
        "created 5 secrets in lab.secrets.age: sql/ca, sql/replication, sql/pin and 2 more",
      ]);
      const text = readFileSync(folder.file, "utf8");
      expect(text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----\n")).toBe(true);
      expect(text).not.toContain(secrets.password("sql/replication"));
      expect(readdirSync(folder.cwd).sort()).toEqual(["home", "lab.secrets.age", "lab.yml"]);
    });
  });

  it("creates certificates that OpenSSL accepts for each name, valid for ten and two years", async () => {
    await inFolder(async (folder) => {
      const { secrets } = await opened(folder, sql);
      const ca = new X509Certificate(secrets.certificate("sql/ca").certificate);
      const own = new X509Certificate(secrets.certificate("sql/h1").certificate);
      expect(ca.ca && ca.verify(ca.publicKey) && own.checkIssued(ca) && own.verify(ca.publicKey)).toBe(true);
      expect([own.ca, own.checkHost("h1"), own.checkIP("10.0.0.1"), own.checkIP("fd00::1")]).toEqual([
        false,
        "h1",
        "10.0.0.1",
        "fd00::1",
      ]);
      expect([own.checkHost("h2"), own.subject, ca.subject]).toEqual([undefined, "CN=h1", "CN=Stack SQL"]);
      expect(own.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
      const years = (cert: X509Certificate): number =>
        (Date.parse(cert.validTo) - Date.now()) / (365.25 * day);
      expect(years(ca)).toBeCloseTo(10, 1);
      expect(years(own)).toBeCloseTo(2, 1);
      expect(secrets.values).toContain(secrets.certificate("sql/h1").key);
    });
  });

  it("creates no file if no role declares a secret", async () => {
    await inFolder(async (folder) => {
      const { notices, secrets } = await opened(folder, { web: () => ({}) });
      expect([notices, secrets.values, readdirSync(folder.cwd)]).toEqual([[], [], ["lab.yml"]]);
    });
  });
});

describe("a later run", () => {
  it("finds the same values, and changes no file", async () => {
    await inFolder(async (folder) => {
      const first = await opened(folder, sql);
      const before = [readFileSync(folder.file, "utf8"), statSync(folder.file).mtimeMs];
      const second = await opened(folder, sql);
      expect([second.notices, second.warnings]).toEqual([[], []]);
      expect([...second.secrets.values].sort()).toEqual([...first.secrets.values].sort());
      expect([readFileSync(folder.file, "utf8"), statSync(folder.file).mtimeMs]).toEqual(before);
    });
  });

  it("creates new secrets, and keeps secrets that no role declares any more", async () => {
    await inFolder(async (folder) => {
      const first = await opened(folder, { a: () => ({ one: password }) });
      const second = await opened(folder, { a: () => ({ two: password }) });
      expect(second.notices).toEqual(["created a secret in lab.secrets.age: two"]);
      expect(() => second.secrets.password("one")).toThrow("no role declares a secret named one");
      expect(second.secrets.values).toContain(first.secrets.password("one"));
      const third = await opened(folder, { a: () => ({ one: password, two: password }) });
      expect(third.secrets.password("one")).toBe(first.secrets.password("one"));
    });
  });

  it("renews a certificate in its last 30 days, and only warns about an authority in its last 90 days", async () => {
    await inFolder(async (folder) => {
      const first = await opened(folder, sql);
      const quiet = await opened(folder, sql, inDays(690));
      expect([quiet.notices, quiet.warnings]).toEqual([[], []]);
      const late = await opened(folder, sql, inDays(705));
      expect(late.notices).toEqual([
        "renewed the certificate sql/h1: it had 24 days left",
        "renewed the certificate sql/h2: it had 24 days left",
      ]);
      expect(late.secrets.certificate("sql/ca")).toEqual(first.secrets.certificate("sql/ca"));
      expect(late.secrets.password("sql/pin")).toBe(first.secrets.password("sql/pin"));
      const end = await opened(folder, sql, inDays(3652 - 60));
      expect(end.warnings.map(({ severity, message }) => [severity, message])).toEqual([
        ["warning", "the authority sql/ca ends in 59 days"],
      ]);
      expect(end.secrets.certificate("sql/ca")).toEqual(first.secrets.certificate("sql/ca"));
      const ca = new X509Certificate(first.secrets.certificate("sql/ca").certificate);
      const own = new X509Certificate(end.secrets.certificate("sql/h1").certificate);
      expect(own.validTo).toBe(ca.validTo);
      // A new certificate would end at the same time, so no run renews it.
      expect((await opened(folder, sql, inDays(3652 - 20))).notices).toEqual([]);
    });
  });

  it("renews a certificate with changed names or a changed authority", async () => {
    await inFolder(async (folder) => {
      const named = (name: string, authority: string): Declaring => ({
        a: () => ({
          one: { type: "authority", name: "one" },
          two: { type: "authority", name: "two" },
          own: { type: "certificate", authority, names: [name] },
          self: { type: "certificate", names: ["self"] },
        }),
      });
      const first = await opened(folder, named("x", "one"));
      const moved = await opened(folder, named("y", "one"));
      expect(moved.notices).toEqual(["renewed the certificate own: its names have changed"]);
      const signed = await opened(folder, named("y", "two"));
      expect(signed.notices).toEqual(["renewed the certificate own: its authority has changed"]);
      expect(signed.secrets.certificate("self")).toEqual(first.secrets.certificate("self"));
    });
  });
});

describe("runs at the same time", () => {
  it("end with the same secrets, those of all runs", async () => {
    await inFolder(async (folder) => {
      const other: Declaring = { b: () => ({ shared: password, "only/b": password }) };
      const one: Declaring = { a: () => ({ shared: password, "only/a": password }) };
      const both = await Promise.all([opened(folder, one), opened(folder, other), opened(folder, one)]);
      const shared = both.map(({ secrets }) => secrets.password("shared"));
      expect(new Set(shared).size).toBe(1);
      const last = await opened(folder, { ...one, ...other });
      expect(last.notices).toEqual([]);
      expect(last.secrets.password("only/a")).toBe(both[0]?.secrets.password("only/a"));
      expect(last.secrets.password("only/b")).toBe(both[1]?.secrets.password("only/b"));
      expect(existsSync(`${folder.file}.lock`)).toBe(false);
    });
  });

  it("take over the lock of a process that is gone, but not of one that runs", async () => {
    await inFolder(async ({ cwd }) => {
      const path = join(cwd, "x.lock");
      const child = spawn("true");
      await once(child, "exit");
      const { hostname } = await import("node:os");
      writeFileSync(path, `${hostname()} ${child.pid} 0123\n`);
      const taken = await lockFile(path);
      expect(taken.ok && taken.value.held()).toBe(true);
      let second = false;
      const waiting = lockFile(path).then((lock) => {
        second = true;
        return lock;
      });
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(second).toBe(false);
      if (taken.ok) taken.value.release();
      const next = await waiting;
      expect(next.ok && next.value.held()).toBe(true);
      if (next.ok) next.value.release();
      expect(readdirSync(cwd).sort()).toEqual(["lab.yml"]);
    });
  });
});

describe("several inventories", () => {
  const one: Declaring = { a: () => ({ one: password }) };

  it("do not get a second set of secrets if they are given in another order", async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder.cwd, "more.yml"), "all: {}\n");
      const first = await opened({ ...folder, inventory: ["lab.yml", "more.yml"] }, one);
      const message = await refused({ ...folder, inventory: ["more.yml", "lab.yml"] }, one);
      expect(message).toContain(
        "there is no more.secrets.age, but lab.secrets.age holds secrets of these inventories",
      );
      expect(message).toContain("put -i lab.yml first");
      expect(existsSync(join(folder.cwd, "more.secrets.age"))).toBe(false);
      // Alone, the inventory gets its own secrets. Then the first inventory decides.
      const own = await opened({ ...folder, inventory: ["more.yml"] }, one);
      expect(own.secrets.password("one")).not.toBe(first.secrets.password("one"));
      const again = await opened({ ...folder, inventory: ["more.yml", "lab.yml"] }, one);
      expect(again.secrets.password("one")).toBe(own.secrets.password("one"));
    });
  });
});

describe("a run that loses its lock", () => {
  it("notices it before the rename, and writes nothing", async () => {
    await inFolder(async ({ cwd, file }) => {
      const { parseAgeKey } = await import("../../src/secrets/decrypt.ts");
      const recipient = parseAgeKey(await newAgeKey())?.recipient ?? "";
      const staged: string[] = [];
      const lost = (): boolean => {
        staged.push(...readdirSync(cwd).filter((name) => name.endsWith(".new")));
        return false;
      };
      const written = await writeSecrets(new Map(), secretsFiles(["lab.yml"], cwd), [recipient], lost);
      expect(written.ok ? "" : written.error.message).toBe(
        "lab.secrets.age cannot be written: another run has taken the lock",
      );
      expect(staged.length).toBe(1);
      expect([existsSync(file), readdirSync(cwd)]).toEqual([false, ["lab.yml"]]);
    });
  });
});

describe("an error changes no file", () => {
  const one: Declaring = { a: () => ({ one: password }) };

  it("two roles declare one secret differently", async () => {
    await inFolder(async (folder) => {
      const clash: Declaring = {
        a: () => ({ x: password }),
        b: () => ({ x: { type: "password", length: 9 } }),
      };
      const message = "the secret x is declared differently by `a` on h1 and by `b` on h1";
      expect(await refused(folder, clash)).toContain(message);
      expect(existsSync(folder.file)).toBe(false);
    });
  });

  it("no role declares the authority of a certificate, or it is a password", async () => {
    await inFolder(async (folder) => {
      const by = (authority: string): Declaring => ({
        a: () => ({ x: { type: "certificate", authority, names: ["x"] }, p: password }),
      });
      expect(await refused(folder, by("no"))).toContain("no role declares the authority no, which signs it");
      expect(await refused(folder, by("p"))).toContain("no role declares the authority p, which signs it");
    });
  });

  it("the file is for another key, the key is missing, or the file is damaged", async () => {
    await inFolder(async (folder) => {
      await opened(folder, one);
      const before = readFileSync(folder.file, "utf8");
      const stranger = join(folder.cwd, "stranger.key");
      const missing = await refused({ ...folder, env: { PROVISION_AGE_KEY_FILE: stranger } }, one);
      expect(missing).toContain(`lab.secrets.age is encrypted, but there is no key in ${stranger}`);
      expect(existsSync(stranger)).toBe(false);
      writeFileSync(stranger, await newAgeKey(), { mode: 0o600 });
      const foreign = await refused({ ...folder, env: { PROVISION_AGE_KEY_FILE: stranger } }, one);
      expect(foreign).toMatch(/lab\.secrets\.age is not encrypted for the key in .*stranger\.key \(age1/);
      expect(foreign).toContain("provision secrets rekey");
      expect(readFileSync(folder.file, "utf8")).toBe(before);
      for (const damaged of [
        "",
        "garbage",
        before.slice(0, -80),
        before.replace(/.{9}\n-----END/, "AAAAAAAAA\n-----END"),
      ]) {
        writeFileSync(folder.file, damaged);
        expect(await refused(folder, one)).toContain("lab.secrets.age is damaged");
        expect(readFileSync(folder.file, "utf8")).toBe(damaged);
      }
    });
  });

  it("the key file is invalid; a key that others can read is a warning", async () => {
    await inFolder(async (folder) => {
      const key = join(folder.cwd, "my.key");
      const env = { PROVISION_AGE_KEY_FILE: key };
      writeFileSync(key, "hello\n", { mode: 0o600 });
      expect(await refused({ ...folder, env }, one)).toContain(`${key} is not a file of X25519 age keys`);
      writeFileSync(key, `# mine\n${await newAgeKey()}\n`);
      chmodSync(key, 0o644);
      const { warnings } = await opened({ ...folder, env }, one);
      expect(warnings.map(({ message }) => message)).toEqual([`other users can read the key in ${key}`]);
    });
  });

  it("a line of secrets.recipients is not a key", async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder.cwd, "secrets.recipients"), "# team\nage1nonsense # bob\n");
      const result = await open(folder, one);
      expect(result.ok ? undefined : result.error[0]?.source).toEqual({
        file: "secrets.recipients",
        line: 2,
        col: 1,
      });
      expect(existsSync(folder.file)).toBe(false);
    });
  });
});

describe("a second machine, and colleagues", () => {
  it("a copied key decrypts the copied file, and so does the key of a recipient", async () => {
    await inFolder(async (folder) => {
      const { parseAgeKey } = await import("../../src/secrets/decrypt.ts");
      const theirs = await newAgeKey();
      const path = join(folder.cwd, "their.key");
      writeFileSync(path, theirs, { mode: 0o600 });
      const recipients = `${parseAgeKey(theirs)?.recipient} # ann\n`;
      writeFileSync(join(folder.cwd, "secrets.recipients"), recipients);
      const mine = await opened(folder, sql);
      expect(mine.warnings.map(({ message }) => message)).toEqual([
        "secrets.recipients does not name your own key. You cannot read secrets that a colleague writes",
      ]);
      const seen = await opened({ ...folder, env: { PROVISION_AGE_KEY_FILE: path } }, sql);
      expect(seen.notices).toEqual([]);
      expect([...seen.secrets.values].sort()).toEqual([...mine.secrets.values].sort());
    });
  });
});
