import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root, start } from "./support/command.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { reachable } from "./support/ports.ts";

// The example as it stands in examples/varnish, on hosts of the lab: other addresses and a login, and nothing else.
const names = ["lb1", "lb2", "cache1", "cache2", "web1", "web2"] as const;
const example = join(root, "examples/varnish");
const text = readFileSync(join(example, "inventory.yml"), "utf8").replaceAll("10.0.0.", "10.79.0.");
const vip = "10.79.0.10";

function addressOf(name: string): string {
  const found = new RegExp(`${name}: { ansible_host: ([\\d.]+) }`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no address of ${name} in ${example}/inventory.yml`);
  return found;
}

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab(names.map((name) => ({ name, address: addressOf(name) })));
  cpSync(example, lab.folder, { recursive: true });
  const login = `  vars:
    ansible_user: root
    ansible_ssh_private_key_file: lab/id_ed25519
    ansible_ssh_common_args: "-o UserKnownHostsFile=lab/known_hosts"
`;
  writeFileSync(join(lab.folder, "inventory.yml"), text.replace("all:\n", `all:\n${login}`));
});
afterAll(() => lab?.down());

const run = (...args: readonly string[]) => start([...args, "-i", "inventory.yml"], lab.folder).ended;

/** A page as a user sees it; the stack's certificate is its own, so nobody knows it here. */
function page(path: string): Promise<{ status: number | undefined; varnish: string; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: vip, path, rejectUnauthorized: false, agent: false, timeout: 10_000 };
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const varnish = String(answer.headers["x-varnish"] ?? "");
        resolve({ status: answer.statusCode, varnish, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer for ${path}`)));
    sent.on("error", reject);
    sent.end();
  });
}

describe("the Varnish tier of docs/varnish.md", () => {
  it("is built in one run, and nothing is left to do", async () => {
    const built = await run();
    expect(built.code, built.out).toBe(0);
    const checked = await run("check");
    expect(checked.code, checked.out).toBe(0);
    expect(checked.out).toContain("6 hosts");
  });

  it("stands between balancers and web servers: the page comes through it", async () => {
    const first = await page("/");
    expect(first).toMatchObject({ status: 200, varnish: expect.stringMatching(/^\d+/) });
    expect(first.body).toContain("Served by web");
  });

  it("lets nobody in but the balancers", async () => {
    const port = { address: addressOf("cache1"), port: 6081 };
    expect(await reachable(lab.on, "lb1", port)).toBe("open");
    expect(await reachable(lab.on, "web1", port)).toBe("filtered");
  });

  it("is watched by Nagios without a word about it", async () => {
    const config = await lab.on("lb1", "cat /etc/nagios4/provision/objects.cfg");
    expect(config).toMatch(/host_name +cache2\n +service_description +pages\n/);
  });

  it("is drilled without a line about it: one that is frozen is left out, another one answers", async () => {
    const drilled = await run(
      ...["drill", "--yes", "--seed", "7", "-o", "plain", "-e", '{"drill": {"allowed": true}}'],
      ...["--only", "pages", "--fault", "member killed,member frozen"],
    );
    expect(drilled.code, drilled.out).toBe(0);
    for (const fault of ["pages: member killed", "pages: member frozen"])
      expect(drilled.out).toMatch(new RegExp(`^${fault} +1 .* kept$`, "m"));
  });

  it("may lose one: the page still comes, `check` says which, and the next run mends it", async () => {
    await lab.on("cache1", "systemctl kill -s KILL varnish && systemctl stop varnish");
    for (let turn = 0; turn < 10; turn += 1) {
      const { status, varnish } = await page(`/?${turn}`);
      expect({ status, through: varnish !== "" }).toEqual({ status: 200, through: true });
    }
    const drifted = await run("check");
    expect(drifted.code, drifted.out).toBe(2);
    expect(drifted.out).toMatch(/cache1[\s\S]*unit:varnish/);
    expect((await run()).code).toBe(0);
    expect((await lab.on("cache1", "systemctl is-active varnish")).trim()).toBe("active");
  });
});
