import { describe, expect, it } from "vitest";
import type { Resource } from "../../src/model/resource.ts";
import { noSecrets } from "../../src/model/secret.ts";
import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import { content } from "../../src/resources/resource.ts";
import { user } from "../../src/resources/user.ts";
import { keepSecret } from "../../src/run/secrecy.ts";

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
