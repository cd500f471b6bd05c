import { describe, expect, it } from "vitest";
import type { Confirmation, Resource } from "../../../src/model/resource.ts";
import { exec } from "../../../src/resources/exec.ts";
import { file } from "../../../src/resources/file.ts";
import { content } from "../../../src/resources/resource.ts";
import { user } from "../../../src/resources/user.ts";
import { keepSecret } from "../../../src/run/observe/secrecy.ts";
import { noSecrets } from "../../secrets/no-secrets.ts";

const password = "Xk29fjQpLmZ8";
const secrets = { ...noSecrets, values: [password, "short", "abcdefg"] };

function kept(...resources: readonly Resource[]) {
  return keepSecret(
    "h1",
    resources.map((resource) => ({ role: "web", also: [], resource })),
    secrets,
  );
}

function refusal(resource: Resource): string {
  const result = kept(resource);
  if (result.ok) throw new Error("it was let through");
  expect(JSON.stringify(result.error)).not.toContain(password);
  return result.error.message;
}

describe("keepSecret", () => {
  it("marks a file that holds a secret, which its role forgot to do", () => {
    const result = kept(
      file("/etc/a.conf", { content: `key = ${password}\n`, mode: "0640" }),
      file("/etc/b", { content: "b" }),
    );
    if (!result.ok) throw new Error(result.error.message);
    expect(result.value.map(({ resource }) => resource.payload?.content?.secret)).toEqual([true, undefined]);
  });

  it("refuses to let everybody read it, also where the role has said that it is secret", () => {
    const message =
      "role `web` on h1: file:/etc/a.conf holds a secret, and its mode 0644 lets everybody read it";
    expect(refusal(file("/etc/a.conf", { content: `key = ${password}\n` }))).toBe(message);
    expect(refusal(file("/etc/a.conf", { content: content(password, { secret: true }) }))).toBe(message);
  });

  it("refuses a command with a secret in its words, and takes it on standard input, marked", () => {
    const [command, unless] = [`login ${password}`, "true"];
    expect(refusal(exec("log in", { command, unless }))).toContain("exec:log in: `command` holds a secret");
    expect(refusal(exec("log in", { command: "true", unless: command }))).toContain(
      "`unless` holds a secret",
    );
    const checked = file("/etc/a", { content: "a", check: `test ${password} %s` });
    expect(refusal(checked)).toContain("file:/etc/a: `check` holds a secret");
    const result = kept(exec("log in", { command: "login", unless, stdin: content(password) }));
    expect(result.ok && result.value[0]?.resource.payload?.stdin?.secret).toBe(true);
  });

  it("refuses what its role has marked as secret where everybody may read it, whatever it holds", () => {
    const marked = file("/etc/a.key", { content: content("pin 1234", { secret: true }) });
    const message =
      "role `web` on h1: file:/etc/a.key is marked as secret, and its mode 0644 lets everybody read it";
    expect(refusal(marked)).toBe(message);
    const alone = keepSecret("h1", [{ role: "web", also: [], resource: marked }], noSecrets);
    expect(alone.ok ? "" : alone.error.message).toBe(message);
    expect(kept(file("/etc/a.key", { content: content("x", { secret: true }), mode: "0640" })).ok).toBe(true);
  });

  it("refuses a secret in what the host is to take a change back by", () => {
    const confirmed = (confirm: Confirmation): Resource =>
      exec("cut", { command: "true", unless: "true", confirm });
    expect(refusal(confirmed({ save: `get -p ${password}`, undo: "true" }))).toContain(
      "exec:cut: `confirm.save` holds a secret",
    );
    expect(refusal(confirmed({ undo: `put -p ${password}` }))).toContain(
      "exec:cut: `confirm.undo` holds a secret",
    );
  });

  it("searches content that many hosts share once, and gives all of them the same marked copy", () => {
    let reads = 0;
    const bytes = new TextEncoder().encode(`key = ${password}\n`);
    const shared = {
      get bytes() {
        reads += 1;
        return bytes;
      },
    };
    const one = file("/etc/a.conf", { content: shared, mode: "0640" });
    reads = 0;
    const marked = ["h1", "h2", "h3"].map((host) => {
      const result = keepSecret(host, [{ role: "web", also: [], resource: one }], secrets);
      return result.ok ? result.value[0]?.resource.payload?.content : undefined;
    });
    // Once to search, once for the copy.
    expect(reads).toBe(2);
    expect(marked[0]?.secret).toBe(true);
    expect(new Set(marked).size).toBe(1);
    const others = { ...noSecrets, values: ["another-secret"] };
    const elsewhere = keepSecret("h1", [{ role: "web", also: [], resource: one }], others);
    expect(elsewhere.ok && elsewhere.value[0]?.resource.payload?.content?.secret).toBe(undefined);
  });

  it("refuses a secret in a name, or in what is compared and shown", () => {
    expect(refusal(exec(`use ${password}`, { command: "true", unless: "true" }))).toBe(
      "role `web` on h1: the name of a resource (exec) holds a secret",
    );
    expect(refusal(user("bob", { home: `/home/${password}` }))).toContain(
      "user:bob: its home holds a secret",
    );
  });

  it("does not look for values of fewer than eight characters: they stand everywhere", () => {
    expect(kept(file("/etc/a", { content: "a short abcdefg text" })).ok).toBe(true);
  });
});
