import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SecretSpec } from "../../src/model/secret.ts";
import { newAgeKey } from "../../src/secrets/encrypt.ts";
import { lockFile } from "../../src/secrets/lock.ts";
import { secretsFiles, writeKept } from "../../src/secrets/secrets-file.ts";
import { atDesk, type Declaring, open, opened, refused } from "./stack.ts";

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

describe("a first run", () => {
  it("makes the key, for its owner only, and every secret of every host; and says so", async () => {
    await atDesk(async (desk) => {
      const { secrets, notices } = await opened(desk, sql);
      expect(secrets.password("sql/replication")).toMatch(/^[A-Za-z0-9]{32}$/);
      expect(secrets.password("sql/pin")).toMatch(/^[A-Za-z0-9]{12}$/);
      const key = join(desk.cwd, "home/.config/provision/age.key");
      expect(statSync(key).mode & 0o777).toBe(0o600);
      expect(notices).toEqual([
        expect.stringContaining(key),
        "made 5 secrets, kept in lab.secrets.age: sql/ca, sql/replication, sql/pin and 2 more",
      ]);
      const text = readFileSync(desk.file, "utf8");
      expect(text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----\n")).toBe(true);
      expect(text).not.toContain(secrets.password("sql/replication"));
      expect(readdirSync(desk.cwd).sort()).toEqual(["home", "lab.secrets.age", "lab.yml"]);
    });
  });

  it("makes certificates that OpenSSL takes for each of their names, for ten and two years", async () => {
    await atDesk(async (desk) => {
      const { secrets } = await opened(desk, sql);
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

  it("leaves no file where no role declares anything", async () => {
    await atDesk(async (desk) => {
      const { notices, secrets } = await opened(desk, { web: () => ({}) });
      expect([notices, secrets.values, readdirSync(desk.cwd)]).toEqual([[], [], ["lab.yml"]]);
    });
  });
});

describe("a later run", () => {
  it("finds the same values, and touches no file", async () => {
    await atDesk(async (desk) => {
      const first = await opened(desk, sql);
      const before = [readFileSync(desk.file, "utf8"), statSync(desk.file).mtimeMs];
      const second = await opened(desk, sql);
      expect([second.notices, second.warnings]).toEqual([[], []]);
      expect([...second.secrets.values].sort()).toEqual([...first.secrets.values].sort());
      expect([readFileSync(desk.file, "utf8"), statSync(desk.file).mtimeMs]).toEqual(before);
    });
  });

  it("makes what is new, keeps what nobody declares any more, and shows it to nobody", async () => {
    await atDesk(async (desk) => {
      const first = await opened(desk, { a: () => ({ one: password }) });
      const second = await opened(desk, { a: () => ({ two: password }) });
      expect(second.notices).toEqual(["made a secret, kept in lab.secrets.age: two"]);
      expect(() => second.secrets.password("one")).toThrow("no role declares a secret named one");
      expect(second.secrets.values).toContain(first.secrets.password("one"));
      const third = await opened(desk, { a: () => ({ one: password, two: password }) });
      expect(third.secrets.password("one")).toBe(first.secrets.password("one"));
    });
  });

  it("renews a certificate in its last 30 days, and warns of an authority from 90 days, without touching it", async () => {
    await atDesk(async (desk) => {
      const first = await opened(desk, sql);
      const quiet = await opened(desk, sql, inDays(690));
      expect([quiet.notices, quiet.warnings]).toEqual([[], []]);
      const late = await opened(desk, sql, inDays(705));
      expect(late.notices).toEqual([
        "made the certificate sql/h1 anew: 24 days were left",
        "made the certificate sql/h2 anew: 24 days were left",
      ]);
      expect(late.secrets.certificate("sql/ca")).toEqual(first.secrets.certificate("sql/ca"));
      expect(late.secrets.password("sql/pin")).toBe(first.secrets.password("sql/pin"));
      const end = await opened(desk, sql, inDays(3652 - 60));
      expect(end.warnings.map(({ severity, message }) => [severity, message])).toEqual([
        ["warning", "the authority sql/ca ends in 59 days"],
      ]);
      expect(end.secrets.certificate("sql/ca")).toEqual(first.secrets.certificate("sql/ca"));
      const ca = new X509Certificate(first.secrets.certificate("sql/ca").certificate);
      const own = new X509Certificate(end.secrets.certificate("sql/h1").certificate);
      expect(own.validTo).toBe(ca.validTo);
      // A new one could not last longer: nothing is written on every run.
      expect((await opened(desk, sql, inDays(3652 - 20))).notices).toEqual([]);
    });
  });

  it("makes a certificate anew when its names or its authority have changed", async () => {
    await atDesk(async (desk) => {
      const named = (name: string, authority: string): Declaring => ({
        a: () => ({
          one: { type: "authority", name: "one" },
          two: { type: "authority", name: "two" },
          own: { type: "certificate", authority, names: [name] },
          self: { type: "certificate", names: ["self"] },
        }),
      });
      const first = await opened(desk, named("x", "one"));
      const moved = await opened(desk, named("y", "one"));
      expect(moved.notices).toEqual(["made the certificate own anew: its names have changed"]);
      const signed = await opened(desk, named("y", "two"));
      expect(signed.notices).toEqual(["made the certificate own anew: its authority has changed"]);
      expect(signed.secrets.certificate("self")).toEqual(first.secrets.certificate("self"));
    });
  });
});

describe("several at once", () => {
  it("two runs end with one and the same secrets, those of both", async () => {
    await atDesk(async (desk) => {
      const other: Declaring = { b: () => ({ shared: password, "only/b": password }) };
      const one: Declaring = { a: () => ({ shared: password, "only/a": password }) };
      const both = await Promise.all([opened(desk, one), opened(desk, other), opened(desk, one)]);
      const shared = both.map(({ secrets }) => secrets.password("shared"));
      expect(new Set(shared).size).toBe(1);
      const last = await opened(desk, { ...one, ...other });
      expect(last.notices).toEqual([]);
      expect(last.secrets.password("only/a")).toBe(both[0]?.secrets.password("only/a"));
      expect(last.secrets.password("only/b")).toBe(both[1]?.secrets.password("only/b"));
      expect(existsSync(`${desk.file}.lock`)).toBe(false);
    });
  });

  it("the lock of a process that is gone is taken over, that of one that lives is not", async () => {
    await atDesk(async ({ cwd }) => {
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

  it("do not get a second set of secrets when they are given in another order", async () => {
    await atDesk(async (desk) => {
      writeFileSync(join(desk.cwd, "more.yml"), "all: {}\n");
      const first = await opened({ ...desk, inventory: ["lab.yml", "more.yml"] }, one);
      const told = await refused({ ...desk, inventory: ["more.yml", "lab.yml"] }, one);
      expect(told).toContain(
        "there is no more.secrets.age, but lab.secrets.age holds secrets of these inventories",
      );
      expect(told).toContain("put -i lab.yml first");
      expect(existsSync(join(desk.cwd, "more.secrets.age"))).toBe(false);
      // A stack of its own gets its own; from then on the first decides.
      const own = await opened({ ...desk, inventory: ["more.yml"] }, one);
      expect(own.secrets.password("one")).not.toBe(first.secrets.password("one"));
      const again = await opened({ ...desk, inventory: ["more.yml", "lab.yml"] }, one);
      expect(again.secrets.password("one")).toBe(own.secrets.password("one"));
    });
  });
});

describe("a run that loses its lock", () => {
  it("finds that out when all is encrypted and only the rename is left, and writes nothing", async () => {
    await atDesk(async ({ cwd, file }) => {
      const { parseAgeKey } = await import("../../src/secrets/decrypt.ts");
      const recipient = parseAgeKey(await newAgeKey())?.recipient ?? "";
      const staged: string[] = [];
      const lost = (): boolean => {
        staged.push(...readdirSync(cwd).filter((name) => name.endsWith(".new")));
        return false;
      };
      const written = await writeKept(new Map(), secretsFiles(["lab.yml"], cwd), [recipient], lost);
      expect(written.ok ? "" : written.error.message).toBe(
        "lab.secrets.age cannot be written: another run has taken the lock away",
      );
      expect(staged.length).toBe(1);
      expect([existsSync(file), readdirSync(cwd)]).toEqual([false, ["lab.yml"]]);
    });
  });
});

describe("what is wrong is told, and no file is harmed", () => {
  const one: Declaring = { a: () => ({ one: password }) };

  it("two roles that want different things of one name", async () => {
    await atDesk(async (desk) => {
      const clash: Declaring = {
        a: () => ({ x: password }),
        b: () => ({ x: { type: "password", length: 9 } }),
      };
      const message = "the secret x is declared in two ways: by `a` on h1 and by `b` on h1";
      expect(await refused(desk, clash)).toContain(message);
      expect(existsSync(desk.file)).toBe(false);
    });
  });

  it("a certificate by an authority that nobody declares, or by a password", async () => {
    await atDesk(async (desk) => {
      const by = (authority: string): Declaring => ({
        a: () => ({ x: { type: "certificate", authority, names: ["x"] }, p: password }),
      });
      expect(await refused(desk, by("no"))).toContain("shall be signed by no, which is no authority");
      expect(await refused(desk, by("p"))).toContain("shall be signed by p, which is no authority");
    });
  });

  it("a file for somebody else, a missing key, and a damaged file", async () => {
    await atDesk(async (desk) => {
      await opened(desk, one);
      const before = readFileSync(desk.file, "utf8");
      const stranger = join(desk.cwd, "stranger.key");
      const missing = await refused({ ...desk, env: { PROVISION_AGE_KEY_FILE: stranger } }, one);
      expect(missing).toContain(`lab.secrets.age is encrypted, and there is no key in ${stranger}`);
      expect(existsSync(stranger)).toBe(false);
      writeFileSync(stranger, await newAgeKey(), { mode: 0o600 });
      const foreign = await refused({ ...desk, env: { PROVISION_AGE_KEY_FILE: stranger } }, one);
      expect(foreign).toMatch(/lab\.secrets\.age is not encrypted for the key in .*stranger\.key \(age1/);
      expect(foreign).toContain("provision secrets rekey");
      expect(readFileSync(desk.file, "utf8")).toBe(before);
      for (const damaged of [
        "",
        "garbage",
        before.slice(0, -80),
        before.replace(/.{9}\n-----END/, "AAAAAAAAA\n-----END"),
      ]) {
        writeFileSync(desk.file, damaged);
        expect(await refused(desk, one)).toContain("lab.secrets.age is damaged");
        expect(readFileSync(desk.file, "utf8")).toBe(damaged);
      }
    });
  });

  it("a key file that is none, and one that others can read", async () => {
    await atDesk(async (desk) => {
      const key = join(desk.cwd, "my.key");
      const env = { PROVISION_AGE_KEY_FILE: key };
      writeFileSync(key, "hello\n", { mode: 0o600 });
      expect(await refused({ ...desk, env }, one)).toContain(`${key} holds no key that is known here`);
      writeFileSync(key, `# mine\n${await newAgeKey()}\n`);
      chmodSync(key, 0o644);
      const { warnings } = await opened({ ...desk, env }, one);
      expect(warnings.map(({ message }) => message)).toEqual([`the key in ${key} can be read by others`]);
    });
  });

  it("a line of secrets.recipients that is no key, with its place", async () => {
    await atDesk(async (desk) => {
      writeFileSync(join(desk.cwd, "secrets.recipients"), "# team\nage1nonsense # bob\n");
      const result = await open(desk, one);
      expect(result.ok ? undefined : result.error[0]?.source).toEqual({
        file: "secrets.recipients",
        line: 2,
        col: 1,
      });
      expect(existsSync(desk.file)).toBe(false);
    });
  });
});

describe("a second machine, and colleagues", () => {
  it("the copied key opens the copied file; a colleague's key does once it is a recipient", async () => {
    await atDesk(async (desk) => {
      const { parseAgeKey } = await import("../../src/secrets/decrypt.ts");
      const theirs = await newAgeKey();
      const path = join(desk.cwd, "their.key");
      writeFileSync(path, theirs, { mode: 0o600 });
      const recipients = `${parseAgeKey(theirs)?.recipient} # ann\n`;
      writeFileSync(join(desk.cwd, "secrets.recipients"), recipients);
      const mine = await opened(desk, sql);
      expect(mine.warnings.map(({ message }) => message)).toEqual([
        "secrets.recipients does not name your own key: what a colleague writes will be closed to you",
      ]);
      const seen = await opened({ ...desk, env: { PROVISION_AGE_KEY_FILE: path } }, sql);
      expect(seen.notices).toEqual([]);
      expect([...seen.secrets.values].sort()).toEqual([...mine.secrets.values].sort());
    });
  });
});
