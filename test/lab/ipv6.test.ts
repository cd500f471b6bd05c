import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shownCertificate } from "./redundant/client.ts";
import { breakableLab } from "./support/breakable.ts";
import { type Ended, provision, root } from "./support/command.ts";
import { must } from "./support/lab.ts";

const inventory = join(root, "inventories/ipv6.yml");
const lab = breakableLab({ dir: join(root, ".provision/lab") });
const hosts = ["front1", "front2", "back1", "back2"];
const fronts = new Map([
  ["front1", "fd77::11"],
  ["front2", "fd77::12"],
]);
const vip = "fd77::10";

async function on(host: string, command: string): Promise<string> {
  const { code, stdout, stderr } = must(await lab.exec(host, command, 120));
  expect(code, `${host}: ${command}: ${stdout}${stderr}`).toBe(0);
  return stdout.trim();
}

function expectNothingToDo({ code, out }: Ended): void {
  expect(code, out).toBe(0);
  expect(out).toContain("nothing to change on 4 hosts");
}

/** One request to the floating address. Only the stack's own certificate is trusted, and it must name the address. */
async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> {
  const ca = await shownCertificate(vip);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request({ host: vip, method, path, ca, headers, timeout: 10_000 }, (answer) => {
      let said = "";
      answer.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: said }));
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

const holds = (host: string): Promise<string> => on(host, `ip -6 -o addr show to ${vip} | grep -c . || true`);

async function holder(): Promise<string> {
  const answers = await Promise.all(
    [...fronts.keys()].map(async (host) => [host, await holds(host)] as const),
  );
  const found = answers.filter(([, count]) => count === "1").map(([host]) => host);
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

/** Waits until a monitoring server finds everything well. */
async function allWell(host: string): Promise<void> {
  const end = Date.now() + 120_000;
  for (;;) {
    const seen = must(await lab.exec(host, "/usr/lib/provision/nagios-summary", 30));
    if (seen.code === 0) return;
    if (Date.now() > end) throw new Error(`${host}: ${seen.stdout}`);
    await sleep(1000);
  }
}

beforeAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
  const up = await provision("lab", "up", "-i", inventory);
  expect(up.code, up.out).toBe(0);
});

afterAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
});

describe("the whole stack with IPv6 addresses only", () => {
  it("is built from bare hosts, which have no other addresses", async () => {
    const { code, out } = await provision("--inventory", inventory);
    expect(code, out).toBe(0);
    for (const host of hosts) expect(await on(host, "ip -4 -o addr show scope global")).toBe("");
  });

  it("finds nothing to do the second time: apply, plan and check agree", async () => {
    expectNothingToDo(await provision("--inventory", inventory));
    expectNothingToDo(await provision("plan", "-i", inventory));
    expectNothingToDo(await provision("check", "-i", inventory, "--transport", "openssh"));
  });

  it("keeps a note that is written and read through the floating address, by https", async () => {
    const written = await ask("POST", "/notes", { text: "over IPv6" });
    expect(written.status, written.body).toBe(201);
    const { id } = JSON.parse(written.body);
    for (let turn = 0; turn < 4; turn += 1) {
      const read = await ask("GET", `/notes/${id}`);
      expect([read.status, read.body]).toEqual([200, expect.stringContaining("over IPv6")]);
    }
    const { client } = JSON.parse((await ask("GET", "/whoami")).body);
    expect(client).toBe("fd77::1");
  });

  it("sends from the hosts' own addresses, also where the floating one is held", async () => {
    for (const [host, address] of fronts)
      expect(await on(host, "ip -6 route get fd77::31")).toContain(` src ${address} `);
    await holder();
  });

  it("is explained and drawn with its addresses", async () => {
    const explained = await provision("explain", "-i", inventory);
    expect([explained.code, explained.out]).toEqual([
      0,
      expect.stringContaining("Users connect to fd77::10"),
    ]);
    const folder = mkdtempSync(join(tmpdir(), "provision-ipv6-"));
    const drawn = await provision("diagram", "-i", inventory, "--live", "-o", join(folder, "stack.mmd"));
    expect(drawn.code, drawn.out).toBe(0);
    expect(readFileSync(join(folder, "stack.mmd"), "utf8")).toMatch(/holds(<br>| )fd77::10/);
    rmSync(folder, { recursive: true });
  });

  it("is all well in the eyes of both monitoring servers", { timeout: 150_000 }, async () => {
    await Promise.all([...fronts.keys()].map(allWell));
  });

  it("gives a replica that lost its data a copy, and moves the leader", async () => {
    await on("back2", "systemctl kill -s KILL mariadb; rm -rf /var/lib/mysql");
    const { code, out } = await provision("--inventory", inventory);
    expect(code, out).toBe(0);
    expect(await on("back2", "mariadb -N -e 'SELECT text FROM notes.notes'")).toContain("over IPv6");
    const status = await on("back2", "mariadb -e 'SHOW REPLICA STATUS\\G'");
    expect(status).toMatch(
      /Master_Host: fd77::12\n[\s\S]*Slave_IO_Running: Yes\n[\s\S]*Slave_SQL_Running: Yes\n/,
    );
    const moved = await provision("switchover", "sql", "-i", inventory, "--to", "back2");
    expect(moved.code, moved.out).toBe(0);
    expectNothingToDo(await provision("check", "-i", inventory));
  });

  it("comes up at boot before the names of its servers are found, and uses them as soon as they are", async () => {
    const [host, app, web] = ["front1", "late-app.example.org", "late-web.example.org"];
    await on(host, `sed -i 's/ .fd77::31.:8000/ ${app}:8000/' /etc/haproxy/sidecar.cfg`);
    await on(host, `sed -i 's/ .fd77::12.:8080/ ${web}:8080/' /etc/haproxy/haproxy.cfg`);
    await on(host, "systemctl restart haproxy sidecar");
    const states = async (): Promise<string> => {
      const address = (instance: string, server: string): Promise<string> =>
        on(
          host,
          `haproxy-ask /run/${instance}/admin.sock 'show servers state' | awk '$4 == "${server}" { print $5 }'`,
        );
      return `${await address("haproxy", "front2")} ${await address("sidecar", "back1")}`;
    };
    await sleep(3000);
    expect(await on(host, "systemctl is-active haproxy sidecar nginx")).toBe("active\nactive\nactive");
    expect(await states()).toBe("- -");
    await on(host, `printf '%s\\n' 'fd77::31 ${app}' 'fd77::12 ${web}' >>/etc/hosts`);
    for (const end = Date.now() + 15_000; (await states()) !== "fd77::12 fd77::31"; await sleep(200))
      expect(Date.now()).toBeLessThan(end);
    const { code, out } = await provision("--inventory", inventory);
    expect(code, out).toBe(0);
  });

  it("answers at once from the other balancer when one loses its service", async () => {
    const first = await holder();
    await on(first, "systemctl stop haproxy");
    const other = [...fronts.keys()].find((host) => host !== first) ?? "";
    for (const end = Date.now() + 10_000; (await holds(other)) !== "1"; await sleep(100))
      expect(Date.now()).toBeLessThan(end);
    const answer = await ask("GET", "/whoami");
    expect([answer.status, JSON.parse(answer.body).client]).toEqual([200, "fd77::1"]);
    const { code, out } = await provision("--inventory", inventory);
    expect(code, out).toBe(0);
  });
});
