import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { targetOf } from "../../../src/inventory/check/connection.ts";
import { roleVariables } from "../../../src/inventory/check/role-variables.ts";
import type { Unlock } from "../../../src/inventory/parse/secret.ts";
import { readInventory } from "../../../src/inventory/read.ts";
import { inventoryTree } from "../../../src/inventory/resolve/listing.ts";
import { readRaw } from "../../../src/inventory/resolve/precedence.ts";
import { toJsonText } from "../../../src/inventory/resolve/print.ts";
import { formatDiagnostic } from "../../../src/report/diagnostic.ts";
import { newValueDecrypter } from "../../../src/secrets/decrypt-values.ts";
import { encryptText, newAgeKey } from "../../../src/secrets/encrypt.ts";
import { withFiles } from "../files.ts";

let key = "";
let block = "";
beforeAll(async () => {
  key = await newAgeKey();
  const { parseAgeKey } = await import("../../../src/secrets/decrypt.ts");
  block = indented(await encryptText("canary 'x\" {{ not a name }}", [parseAgeKey(key)?.recipient ?? ""]));
});

const indented = (armored: string): string => `!secret |\n${armored.replace(/^(?=.)/gm, " ".repeat(10))}`;
const plain = "canary 'x\" {{ not a name }}";

/** Reads an inventory of one host with these variables, the key at hand or another one. */
function read<T>(
  vars: string,
  use: (reading: ReturnType<typeof readInventory>, unlock: Unlock) => T,
  own = key,
): T {
  const text = `all:\n  hosts:\n    h1:\n${vars.replace(/^(?=.)/gm, "      ")}`;
  return withFiles({ "hosts.yml": text, "age.key": `${own}\n` }, (cwd) => {
    const { unlock } = newValueDecrypter({ PROVISION_AGE_KEY_FILE: `${cwd}/age.key` });
    return use(readInventory(["hosts.yml"], { extraVars: [], cwd, unlock }), unlock);
  });
}

function hostOf(reading: ReturnType<typeof readInventory>) {
  const host = reading.ok ? reading.value.inventory.hosts.get("h1") : undefined;
  if (host === undefined)
    throw new Error(reading.ok ? "no host" : reading.error.map(formatDiagnostic).join("\n"));
  return host;
}

describe("!secret", () => {
  it("is plain text for the role, whatever stands in it, also inside lists and through references", () => {
    const vars = `web:\n  password: ${block}  list: [*p, b]\nurl: "db://{{ web.password }}@x"\nsame: "{{ web.password }}"\n`;
    const anchored = vars.replace("!secret |", "&p !secret |");
    read(anchored, (reading) => {
      const host = hostOf(reading);
      expect(host.vars.get("web")?.value).toEqual({ password: plain, list: [plain, "b"] });
      expect(host.vars.get("url")?.value).toBe(`db://${plain}@x`);
      expect(host.vars.get("same")?.value).toBe(plain);
    });
  });

  it("is the password for sudo", () => {
    read(`ansible_become: true\nansible_become_password: ${block}`, (reading) => {
      const target = targetOf(hostOf(reading));
      expect(target.ok && target.value.target.sudoPassword).toBe(plain);
    });
  });

  it("is listed as [secret]", () => {
    const text = `all:\n  hosts:\n    h1:\n      a: ${block}      b: !unsafe\n        c: ${block}`;
    withFiles({ "hosts.yml": text }, (cwd) => {
      const { raw, problems } = readRaw(["hosts.yml"], { extraVars: [], cwd });
      const listed = toJsonText(inventoryTree(raw, () => true));
      expect(problems).toEqual([]);
      expect(listed.match(/"\[secret\]"/g)?.length).toBe(2);
      expect(listed).not.toContain("AGE ENCRYPTED");
    });
  });

  it("is never quoted by what a schema says of it", () => {
    const schema = z.strictObject({
      password: z.enum(["canary one", "canary two"]),
      port: z.number(),
      list: z.array(z.string().max(3)),
    });
    read(`web:\n  password: &p ${block}  port: *p\n  list: [*p]\n`, (reading) => {
      const checked = roleVariables(hostOf(reading), "web", schema);
      if (checked.ok) throw new Error("it was taken");
      const told = checked.error.map(formatDiagnostic).join("\n");
      expect(checked.error.length).toBe(3);
      expect(told).toContain("`web.port` must be a number, this is text");
      expect(told).not.toMatch(/canary '|did you mean|quotes/);
    });
  });

  it("is an error at its position, if it is used, with another key, when damaged, or when not encrypted", async () => {
    const other = await newAgeKey();
    const told = (vars: string, own?: string): string =>
      read(vars, (reading) => (reading.ok ? "good" : reading.error.map(formatDiagnostic).join("\n")), own);
    expect(told(`roles: [web]\nweb: {}\nunused: ${block}`, other)).toBe("good");
    const used = `roles: [web]\nweb:\n  password: ${block}`;
    expect(told(used)).toBe("good");
    expect(told(used, other)).toMatch(
      /^hosts\.yml:6:27: error: this value is not encrypted for the key in .*age\.key/,
    );
    expect(told(used, "nonsense")).toContain("age.key is not a file of X25519 age keys");
    expect(told(used.replace(/[A-Za-z0-9+/]{4}(==|=)?\n( *)-----END/, "AAAA\n$2-----END"))).toContain(
      "this encrypted value is damaged",
    );
    const bare = told("roles: [web]\nweb:\n  password: !secret canary-in-clear\n");
    expect(bare).toContain("this is not encrypted. After `!secret`, an age file in text form is needed");
  });

  it("stands beside its file without being taken for one", () => {
    const files = {
      "inv/hosts.yml": "all:\n  hosts:\n    h1:\n",
      "inv/secrets.age": "-----BEGIN AGE ENCRYPTED FILE-----\n",
      "inv/secrets.age.lock": "me 1 2\n",
      "inv/secrets.age.lock-0a1b": "me 1 2\n",
      "inv/secrets.age.tmp-0a1b": "x",
      "inv/secrets.recipients": "age1\n",
    };
    withFiles(files, (cwd) => {
      const reading = readInventory(["inv"], { extraVars: [], cwd });
      expect(reading.ok ? reading.value.warnings : reading.error).toEqual([]);
    });
  });
});
