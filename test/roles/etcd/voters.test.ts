import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../daemon.ts";
import { Store } from "./store.ts";

/*
 * Real etcd on the loopback. The tests follow each other in the life of one store: it is founded, grows, loses a disk, loses a
 * voter, loses its majority.
 */
const store = new Store();
const three = ["a", "b", "c"];

beforeAll(async () => {
  for (const name of [...three, "d", "x"]) await store.host(name);
  store.inventory(three);
  for (const name of ["d", "x"]) store.inventory([...three, name]);
  store.inventory(three);
});
afterAll(() => store.end());

describe("a store without voters", () => {
  it("is not founded by an etcd that starts by itself, without a place", () => {
    const { folder } = store.at("a");
    const line = "set -a; . etc/etcd.env; set +a; exec timeout 20 etcd";
    const { status, stderr } = spawnSync("sh", ["-c", line], { cwd: folder, encoding: "utf8" });
    expect(status).not.toBe(124);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/could not retrieve cluster information|cannot fetch cluster info/);
    expect(store.step("a", "settle", "nothing").code).toBe(3);
  });

  it("cannot be joined", () => {
    const { code, text } = store.step("b", "join");
    expect(code).toBe(1);
    expect(text).toContain(
      "no voter of the store answers with a majority. a: nothing listens; c: nothing listens",
    );
  });
});

describe("the voters of a store", () => {
  it("come one after another, and each is a voter when its step has ended", async () => {
    expect(store.grow("a", "found")).toMatchObject({ code: 0 });
    expect(store.healthy("a")).toBe(true);
    expect(store.voting("a", ["a"])).toBe(true);
    await store.put("a", "kept", "from the first minute");
    for (const name of ["b", "c"]) {
      expect(store.voting(name)).toBe(false);
      expect(store.grow(name)).toMatchObject({ code: 0, text: expect.stringContaining("is a voter now") });
      expect(store.healthy(name)).toBe(true);
      expect(store.voting(name)).toBe(true);
    }
    expect([...(await store.voters("a")).keys()].sort()).toEqual(three);
    expect(store.voting("a", three)).toBe(true);
    // One that has not joined yet is no reason to do anything here; one that left is.
    expect(store.voting("a", [...three, "d"])).toBe(true);
    expect(store.voting("a", ["a", "b", "d"])).toBe(false);
    expect(await store.get("c", "kept")).toBe("from the first minute");
  });

  it("say who leads, and that all is well", () => {
    expect(store.step("b", "check", "voters")).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^3 of 3 voters answer, [abc] leads\n$/),
    });
    expect(store.step("b", "check", "alarms")).toEqual({ code: 0, text: "no alarm\n" });
    expect(store.step("b", "check", "space").code).toBe(0);
  });

  it("let nobody in without a certificate of the store, nor with an old TLS", async () => {
    await expect(store.ask("a", "/v3/kv/range", {}, { cert: undefined, key: undefined })).rejects.toThrow(
      /bad certificate|certificate required|ECONNRESET|socket hang up/,
    );
    const old = { maxVersion: "TLSv1.1", minVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" };
    await expect(store.ask("a", "/v3/kv/range", {}, old)).rejects.toThrow(/protocol version|unsupported/);
  });

  it("are never founded anew beside a living store, nor over data, nor where there were data", () => {
    store.inventory([...three, "d"]);
    expect(store.step("d", "found")).toMatchObject({
      code: 1,
      text: expect.stringContaining("a answers as a voter. A new store is not founded beside it"),
    });
    expect(store.step("a", "found").text).toContain("has the data of a store");
    expect(store.step("a", "join").text).toContain("has the data of a store, and is not thrown away");
    store.inventory(three);
  });

  it("get a new member in the place of a lost disk, in one step, with all keys", async () => {
    const before = (await store.voters("a")).get("b");
    store.loseDisk("b");
    await store.put("a", "meanwhile", "written");
    expect(store.step("b", "found").text).toContain("this host was a voter before");
    const began = Date.now();
    expect(store.grow("b")).toMatchObject({ code: 0, text: expect.stringContaining("whose data are lost") });
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await store.voters("a")).get("b")).not.toBe(before);
    expect((await store.voters("a")).size).toBe(3);
    expect(await store.get("b", "meanwhile")).toBe("written");
  });

  it("join again when they were removed while they were away, and their old data are kept aside", async () => {
    store.stop("c");
    const id = (await store.voters("a")).get("c") ?? "";
    await store.ask("a", "/v3/cluster/member/remove", { ID: id });
    store.start("c");
    await store.until(() => !store.runs("c"));
    expect(store.step("c", "settle")).toMatchObject({
      code: 0,
      text: expect.stringContaining("joins again"),
    });
    expect(store.folders("c")).toEqual([
      "data",
      expect.stringMatching(/^data\.removed-\d{4}-\d\d-\d\dT\d{6}Z$/),
    ]);
    expect(store.voting("c", three)).toBe(true);
  });

  it("move to another port, one of them, while the others go on", async () => {
    const place = store.at("b");
    place.peerPort = await freePort();
    store.inventory(three);
    store.stop("b");
    store.start("b");
    expect(store.step("b", "settle")).toMatchObject({
      code: 0,
      text: expect.stringContaining("moves b from"),
    });
    expect(store.voting("b", three)).toBe(true);
  });
});

describe("a voter that left the inventory", () => {
  it("is removed by the last of those that stay, and ends by itself", async () => {
    store.inventory(["a", "b"]);
    expect(store.step("b", "settle", "last")).toMatchObject({
      code: 0,
      text: expect.stringContaining("removes c, which left the inventory"),
    });
    await store.until(() => !store.runs("c"));
    expect(store.voting("b", ["a", "b"])).toBe(true);
  });

  it("is replaced by a new host also where it is frozen, leads, and the store has no other voter to spare", async () => {
    store.inventory(["a", "b", "d"]);
    expect(store.grow("d")).toMatchObject({ code: 0 });
    await store.lead("b");
    store.freeze("b");
    store.inventory(["a", "d", "c"]);
    // c comes back with data of a store that it was removed from: they stay.
    expect(store.step("c", "join").text).toContain("is not thrown away");
    store.start("c");
    expect(store.step("c", "settle")).toMatchObject({
      code: 0,
      text: expect.stringContaining("removes b, which left the inventory and does not answer"),
    });
    expect([...(await store.voters("a")).keys()].sort()).toEqual(["a", "c", "d"]);
  });
});

describe("a store that misses voters", () => {
  it("warns while no voter is to spare, and takes no new one without a majority", async () => {
    store.stop("c", "KILL");
    expect(store.step("a", "check", "voters")).toMatchObject({
      code: 1,
      text: expect.stringMatching(/2 of 3 voters answer.*silent: c; no voter is to spare/),
    });
    store.stop("d", "KILL");
    await store.until(() => !store.healthy("a"));
    expect(store.step("a", "check", "voters")).toMatchObject({
      code: 2,
      text: expect.stringContaining("no voter of the store answers with a majority"),
    });
    store.inventory(["a", "c", "d", "x"]);
    expect(store.step("x", "join")).toMatchObject({ code: 1 });
    expect(store.step("a", "check", "space").code).toBe(0);
    expect(store.step("x", "check", "space").code).toBe(3);
    for (const name of ["c", "d"]) store.start(name);
    await store.until(() => store.healthy("a"));
    expect(await store.get("d", "kept")).toBe("from the first minute");
  });

  it("does not take data of another store for its own", () => {
    store.inventory(["x"]);
    expect(store.grow("x", "found")).toMatchObject({ code: 0 });
    store.inventory(["a", "c", "d", "x"]);
    expect(store.step("x", "settle")).toMatchObject({
      code: 1,
      text: expect.stringContaining("has the data of another store"),
    });
    expect(store.folders("x")).toEqual(["data"]);
  });
});

describe("the programs", () => {
  it("are Python that compiles without a warning", () => {
    const folder = join(import.meta.dirname, "../../../roles/etcd/files");
    const check = `import ast, pathlib, sys, warnings
warnings.simplefilter("error")
for path in pathlib.Path(sys.argv[1]).iterdir():
    compile(path.read_text(), str(path), "exec")`;
    const { stderr, status } = spawnSync("python3", ["-c", check, folder], { encoding: "utf8" });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  });
});
