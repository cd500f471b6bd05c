import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../daemon.ts";
import { copyOf, daemons, ports, sql, startCopy, startDatabase, startStack, stop } from "./notes-stack.ts";

const sample = resolve(import.meta.dirname, "../../../roles/gunicorn/files/notes");
let environment: Record<string, string> = {};

const migrate = (): string =>
  execFileSync("/usr/bin/python3", [join(sample, "migrate.py")], {
    cwd: sample,
    env: { ...process.env, ...environment, PYTHONDONTWRITEBYTECODE: "1" },
    encoding: "utf8",
  }).trim();

const at = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${ports.app}${path}`, init);

const post = (note: unknown): Promise<Response> =>
  at("/notes", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(note),
  });

async function made(text: string): Promise<string> {
  const id = randomUUID();
  expect((await post({ id, text })).status).toBe(201);
  return id;
}

/** What one copy of the cache holds under a note's key. */
function cached(name: "one" | "two", id: string): boolean {
  const program =
    "from pymemcache.client.base import Client; import sys; print(Client(('127.0.0.1', int(sys.argv[1])), timeout=5).get(sys.argv[2]) is not None)";
  const args = ["-c", program, String(ports[name]), `notes:${id}`];
  return execFileSync("/usr/bin/python3", args, { encoding: "utf8" }).trim() === "True";
}

beforeAll(async () => {
  environment = await startStack();
});
afterAll(() => daemons.end());

describe("the database of the notes", () => {
  it("is made once, and found made after that", () => {
    expect(migrate()).toBe("schema 1 created");
    expect(migrate()).toBe("schema 1 exists already");
    // The replica of this test: it has the table, and no row of it.
    sql(
      "reader",
      `USE notes; ${sql("writer", "SHOW CREATE TABLE notes.notes").split("\t")[1]?.replaceAll("\\n", "\n")}`,
    );
  });
});

describe("the notes, with a primary, a replica that is behind, and two copies of a cache", () => {
  beforeAll(async () => {
    const args = ["--workers", "2", "--bind", `127.0.0.1:${ports.app}`, "app:app"];
    const ready = /Booting worker[\s\S]*Booting worker/;
    await daemons.start("gunicorn", args, { cwd: sample, env: environment, ready });
  });

  it("are acknowledged when they are in the primary and in both copies", async () => {
    const id = randomUUID();
    const response = await post({ id, text: "first" });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ id, text: "first", served: { cache: "stored" } });
    expect(response.headers.get("x-db-host")).not.toBe("");
    expect(sql("writer", `SELECT text FROM notes.notes WHERE id = '${id}'`)).toBe("first");
    expect([cached("one", id), cached("two", id)]).toEqual([true, true]);
    const read = await at(`/notes/${id}`);
    expect([read.status, read.headers.get("x-cache")]).toEqual([200, "hit"]);
  });

  it("are the same when they are sent again, and refused when another has the id", async () => {
    const id = await made("again");
    const [same, other] = [
      await post({ id: id.toUpperCase(), text: "again" }),
      await post({ id, text: "else" }),
    ];
    expect([same.status, other.status]).toEqual([200, 409]);
    expect(sql("writer", `SELECT COUNT(*) FROM notes.notes WHERE id = '${id}'`)).toBe("1");
  });

  it("are read from the primary where the replica has not got them yet, and are in the cache from then on", async () => {
    const id = randomUUID();
    sql("writer", `INSERT INTO notes.notes (id, text, app) VALUES ('${id}', 'behind', 'x')`);
    const read = await at(`/notes/${id}`);
    expect([read.status, read.headers.get("x-cache")]).toEqual([200, "miss"]);
    expect([cached("one", id), cached("two", id)]).toEqual([true, true]);
    expect((await at(`/notes/${randomUUID()}`)).status).toBe(404);
    expect((await at("/notes/none")).status).toBe(404);
  });

  it("are listed for an audit, after a number, from the primary alone if asked", async () => {
    const ids = [await made("a"), await made("b"), await made("c")];
    const list = async (query: string): Promise<readonly { seq: number; id: string }[]> => {
      const { notes } = JSON.parse(await (await at(`/notes?${query}`)).text());
      return notes;
    };
    const all = await list("from=primary");
    expect(all.map(({ id }) => id).slice(-3)).toEqual(ids);
    const after = all.at(-3)?.seq ?? 0;
    expect((await list(`from=primary&after=${after}&limit=1`)).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await list("")).toEqual([]);
    expect((await at("/notes?limit=0")).status).toBe(400);
  });

  it("show what was written as text, never as a page's own code, and take a browser's form", async () => {
    sql(
      "reader",
      "INSERT INTO notes.notes (id, text, app) VALUES (UUID(), '<script>alert(1)</script>', 'x')",
    );
    const page = await (await at("/notes/")).text();
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toContain("<script>alert");
    const body = new URLSearchParams({ text: "from a form" });
    const form = await at("/notes/", {
      method: "POST",
      body,
      headers: { Accept: "text/html" },
      redirect: "manual",
    });
    expect([form.status, form.headers.get("location")]).toEqual([303, "/notes/"]);
    expect(sql("writer", "SELECT text FROM notes.notes ORDER BY seq DESC LIMIT 1")).toBe("from a form");
  });

  it.each([
    ["no text", {}],
    ["an empty text", { text: " " }],
    ["a number", { text: 1 }],
    ["too long a text", { text: "x".repeat(4001) }],
    ["an id that is none", { id: "1; DROP", text: "x" }],
    ["a list", []],
  ])("are refused with %s", async (_what, note) => {
    expect((await post(note)).status).toBe(400);
  });

  it("outlive the death of either copy; a copy that lost some is given them again by who reads", async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => made(`kept ${index}`)));
    const sources = async (): Promise<ReadonlySet<string>> =>
      new Set(
        await Promise.all(
          ids.map(async (id) => (await at(`/notes/${id}`)).headers.get("x-cache-copy") ?? "none"),
        ),
      );
    // Half of the keys are asked of the one copy first, half of the other.
    const both = new Set([copyOf("one"), copyOf("two")]);
    expect(await sources()).toEqual(both);
    await stop("one");
    const began = Date.now();
    expect(await sources()).toEqual(new Set([copyOf("two")]));
    expect(Date.now() - began).toBeLessThan(2000);
    await startCopy("one");
    // Each process leaves a copy that failed alone for a second; then it is asked again, and what it lacks is put back.
    await expect.poll(sources, { timeout: 10_000 }).toEqual(both);
    const mended = ids.filter((id) => cached("one", id));
    expect(mended.length).toBeGreaterThan(0);
    await stop("two");
    for (const id of mended)
      expect((await at(`/notes/${id}`)).headers.get("x-cache-copy")).toBe(copyOf("one"));
    await startCopy("two");
  });

  it("say what they reach, and are ready with one copy of the cache", async () => {
    await stop("two");
    const ready = await at("/readyz");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      ready: true,
      cache: { [copyOf("one")]: true, [copyOf("two")]: false },
    });
    await startCopy("two");
  });

  it("are not acknowledged without a primary, are read all the same, and go on by themselves when it is back", async () => {
    const kept = await made("read without a database");
    await stop("writer", "SIGTERM");
    const id = randomUUID();
    expect((await post({ id, text: "not yet" })).status).toBe(503);
    expect((await at(`/notes/${kept}`)).status).toBe(200);
    expect((await at("/notes/")).status).toBe(200);
    expect((await at("/readyz")).status).toBe(503);
    expect((await at("/healthz")).status).toBe(200);
    await startDatabase("writer");
    expect((await post({ id, text: "not yet" })).status).toBe(201);
    await stop("reader", "SIGTERM");
    expect((await at("/notes?from=primary")).status).toBe(200);
    expect((await at("/notes")).status).toBe(200);
  });
});

describe("the application without a database and a cache", () => {
  it("has its page all the same, and no notes", async () => {
    const port = await freePort();
    const args = ["--workers", "1", "--bind", `127.0.0.1:${port}`, "app:app"];
    const env = { PYTHONDONTWRITEBYTECODE: "1" };
    await daemons.start("gunicorn", args, { cwd: sample, env, ready: /Booting worker/ });
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get("/")).text()).toContain("<title>Served by ");
    expect([(await get("/readyz")).status, (await get("/notes/")).status]).toEqual([200, 503]);
  });
});
