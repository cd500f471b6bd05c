import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate } from "../../../src/secrets/certificate.ts";
import { lawSecrets, realPair } from "../law/secrets.ts";
import { Store } from "./store.ts";

const store = new Store();
const names = ["a", "b"];

beforeAll(async () => {
  for (const name of names) await store.host(name);
  store.inventory(names, { quota: 24 });
  expect(store.grow("a", "found")).toMatchObject({ code: 0 });
  expect(store.grow("b")).toMatchObject({ code: 0 });
});
afterAll(() => store.end());

const revision = async (): Promise<string> => {
  const { header } = await store.put("a", "last", "one");
  return String(Object(header).revision);
};

/** Writes one key so often, 100 kB each time: only the last one is in use. */
async function write(times: number): Promise<string> {
  for (let n = 0; n < times; n += 1) {
    const { message } = await store.put("a", "large", "x".repeat(100_000));
    if (typeof message === "string") return message;
  }
  return "";
}

describe("the data file", () => {
  it("is left alone where nothing would be freed", () => {
    expect(store.step("a", "defragment")).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^nothing to do/),
    });
  });

  it("is told of before it is full, and the alarm when it is", async () => {
    expect(await write(205)).toBe("");
    expect(store.step("a", "check", "space")).toMatchObject({
      code: 1,
      text: expect.stringMatching(/MiB of 24 MiB/),
    });
    expect(await write(100)).toContain("database space exceeded");
    expect(store.step("a", "check", "space").code).toBe(2);
    expect(store.step("a", "check", "alarms")).toEqual({ code: 2, text: "alarm NOSPACE\n" });
    // A greater quota can be rolled out all the same.
    expect(store.healthy("a")).toBe(true);
  });

  it("stays full where its keys are in use", () => {
    for (const name of names)
      expect(store.step(name, "defragment")).toMatchObject({
        code: 0,
        text: expect.stringMatching(
          /^rewrote the data file: 2\d MiB before, 2\d MiB now(; the alarm NOSPACE stays)?$/m,
        ),
      });
    expect(store.step("a", "check", "alarms").code).toBe(2);
  });

  it("is rewritten on one voter after another when its history is gone, a leader hands over first, and the alarm ends", async () => {
    const { header } = await store.ask("a", "/v3/kv/range", { key: btoa("large") });
    await store.ask("a", "/v3/kv/compaction", { revision: String(Object(header).revision), physical: true });
    const leader = await store.leader("a");
    expect(store.step(leader, "defragment").text).toMatch(
      /^rewrote the data file: 2\d MiB before, 0 MiB now/,
    );
    expect(await store.leader("a")).not.toBe(leader);
    const other = names.find((name) => name !== leader) ?? "";
    await store.put("a", "last", "one");
    await store.until(() => store.step(other, "defragment").text.startsWith("rewrote the data file"));
    expect(store.step("a", "check", "alarms")).toEqual({ code: 0, text: "no alarm\n" });
    expect(await revision()).toMatch(/^\d+$/);
    expect(await store.get("b", "large")).toHaveLength(100_000);
  });

  it("is not rewritten while a voter is missing", async () => {
    store.stop("b");
    const { code, text } = store.step("a", "defragment");
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringMatching(/^skipped/) });
    store.start("b");
    await store.until(() => store.healthy("a"));
  });
});

describe("a new certificate", () => {
  const serial = (name: string): Promise<string> =>
    new Promise((done, failed) => {
      const { certificate: ca } = lawSecrets.certificate("store/ca");
      const pair = { ca, cert: realPair.certificate, key: realPair.key };
      const socket = connect({ host: "127.0.0.1", port: store.at(name).clientPort, ...pair }, () => {
        done(socket.getPeerCertificate().serialNumber);
        socket.end();
      });
      socket.on("error", failed);
    });

  it("is used without a restart", async () => {
    const before = await serial("a");
    const [now, until] = [new Date(), new Date(Date.now() + 86_400_000)];
    const issuer = lawSecrets.certificate("store/ca");
    const made = makeCertificate({ names: ["localhost", "127.0.0.1"], authority: false, issuer, now, until });
    store.write("a", "key.pem", made.key);
    store.write("a", "cert.pem", made.certificate);
    expect(await serial("a")).not.toBe(before);
    expect(store.healthy("a")).toBe(true);
    expect(store.step("b", "check", "voters").code).toBe(0);
  });
});

describe("a new authority", () => {
  it("is taken by all voters that start with it", async () => {
    const [now, until] = [new Date(), new Date(Date.now() + 86_400_000)];
    const issuer = makeCertificate({ names: ["store"], authority: true, now, until });
    const made = makeCertificate({ names: ["localhost", "127.0.0.1"], authority: false, issuer, now, until });
    for (const name of names) {
      store.stop(name);
      store.write(name, "ca.pem", issuer.certificate);
      store.write(name, "key.pem", made.key);
      store.write(name, "cert.pem", made.certificate);
    }
    for (const name of names) store.start(name);
    await store.until(() => store.healthy("a") && store.healthy("b"));
    await expect(store.put("a", "last", "one")).rejects.toThrow();
  });
});
