import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { breakableLab } from "./support/breakable.ts";
import { type Ended, provision, root, start } from "./support/command.ts";
import { must } from "./support/lab.ts";

const inventory = join(root, "test/lab/fixtures/web.yml");
const lab = breakableLab({ dir: join(root, ".provision/lab") });
const web = new Map([
  ["web1", "10.77.0.21"],
  ["web2", "10.77.0.22"],
]);
/** The page that runs of these tests leave. */
const pageFile = join(mkdtempSync(join(tmpdir(), "provision-report-")), "run.html");
const all = ["web1", "web2", "app1", "app2"];

async function on(host: string, command: string): Promise<string> {
  const { code, stdout, stderr } = must(await lab.exec(host, command, 120));
  expect(code, `${host}: ${command}: ${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** The page, over a connection of its own: a server that reloads may close a kept one at any time (RFC 9112, 9.3.1). */
async function page(address: string): Promise<string> {
  const asked = get({ host: address, agent: false, signal: AbortSignal.timeout(10_000) });
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  return text(answer);
}

const appServersSeen = async (address: string): Promise<ReadonlySet<string>> => {
  const pages = [];
  for (let turn = 0; turn < 8; turn += 1) pages.push(await page(address));
  return new Set(pages.map((shown) => /Served by (\w+)/.exec(shown)?.[1] ?? "nobody"));
};

/** Every line that sshd wrote on a host about a session it has begun. */
const sessions = async (host: string): Promise<number> =>
  Number((await on(host, "journalctl -q -u ssh --no-pager | grep -c 'Starting session' || true")).trim());

function expectNothingToDo({ code, out }: Ended): void {
  expect(code, out).toBe(0);
  expect(out).toContain("nothing to change on 4 hosts");
}

beforeAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
  const up = await provision("lab", "up", "-i", inventory);
  expect(up.code, up.out).toBe(0);
});

afterAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
  rmSync(join(pageFile, ".."), { recursive: true });
});

describe("the stack, from bare hosts", () => {
  it("plans without touching anything, exit 2", async () => {
    const { code, out } = await provision("plan", "-i", inventory, "--diff");
    expect(code, out).toBe(2);
    expect(out).toContain("+ create package:nginx-light");
    expect((await on("web1", "ls /var/lib/provision 2>&1 || true")).trim()).toContain("No such file");
  });

  it("finishes the resource in hand at the first Ctrl-C, says what is left, and how to go on", async () => {
    const run = start(["-i", inventory, "--report", pageFile]);
    await run.printed("stage packages");
    run.child.kill("SIGINT");
    const { code, out } = await run.ended;
    expect(code, out).toBe(1);
    expect(out).toMatch(/create package:nginx-light/);
    expect(out).toMatch(/To finish: provision -i .*fixtures\/web.yml -l /);
    expect(readFileSync(pageFile, "utf8")).toMatch(/Interrupted by the user after [\d.]+s\./);
    for (const host of all) {
      expect((await on(host, "pgrep -c 'apt|dpkg' || true")).trim(), host).toBe("0");
      expect((await on(host, "dpkg --audit")).trim(), host).toBe("");
    }
    expect((await on("web1", "systemctl is-active nginx || true")).trim()).toBe("inactive");
  });

  it("is built by the next run, and every web server reaches every app server", async () => {
    const { code, out } = await provision("--inventory", inventory);
    expect(code, out).toBe(0);
    for (const address of web.values())
      expect(await appServersSeen(address)).toEqual(new Set(["app1", "app2"]));
  });

  it("finds nothing to do the second time: apply, plan and check agree", async () => {
    expectNothingToDo(await provision("--inventory", inventory));
    expectNothingToDo(await provision("plan", "-i", inventory));
    expectNothingToDo(await provision("check", "-i", inventory));
  });

  it("opens one session on each host", async () => {
    const before = await Promise.all(all.map(sessions));
    expectNothingToDo(await provision("--inventory", inventory));
    const after = await Promise.all(all.map(sessions));
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 1, 1]);
  });

  it("leaves nothing behind but its manifest", async () => {
    for (const host of all) {
      const left = await on(
        host,
        "find / -xdev \\( -name '*provision*' -o -name '.*.new' \\) -not -path '/proc/*' 2>/dev/null | sort",
      );
      // The lab's own settings of apt and dpkg, and a file of systemd's that happens to have our name.
      const foreign =
        /^(\/etc\/apt\/apt\.conf\.d\/50provision-lab|\/etc\/dpkg\/dpkg\.cfg\.d\/provision-lab|\/usr\/lib\/tmpfiles\.d\/provision\.conf)$/;
      const known =
        /^(\/etc\/apt\/apt\.conf\.d\/90provision|\/etc\/systemd\/system\/nginx\.service\.d\/provision\.conf|\/run\/provision\.lock|\/var\/lib\/provision(\/.*)?)$/;
      expect(
        left
          .trim()
          .split("\n")
          .filter((path) => path !== "" && !known.test(path) && !foreign.test(path)),
        host,
      ).toEqual([]);
      expect((await on(host, "ls -A /var/lib/provision/pending 2>/dev/null || true")).trim(), host).toBe("");
    }
  });
});

describe("what was changed by hand", () => {
  it("is found on every host, named, corrected, and gone", async () => {
    await on("web1", "echo '# changed by an intruder' >>/etc/nginx/nginx.conf");
    await on("web2", "chmod 0600 /etc/hosts");
    await on("app1", "systemctl stop gunicorn-notes.socket gunicorn-notes.service");
    await on("web2", "apt-get -qq -y purge curl >/dev/null 2>&1");
    await on("app2", "userdel -f notes");
    const check = await provision("check", "-i", inventory);
    expect(check.code, check.out).toBe(2);
    for (const line of [
      /web1[\s\S]*update file:\/etc\/nginx\/nginx\.conf.*drift/,
      /web2[\s\S]*update file:\/etc\/hosts +\[mode 0600 → 0644\].*drift/,
      /app1[\s\S]*update unit:gunicorn-notes.*drift/,
      /web2[\s\S]*create package:curl.*drift/,
      /app2[\s\S]*create user:notes.*drift/,
    ]) {
      expect(check.out).toMatch(line);
    }
    const apply = await provision("-i", inventory);
    expect(apply.code, apply.out).toBe(0);
    expectNothingToDo(await provision("-i", inventory));
    expect(await on("web1", "cat /etc/nginx/nginx.conf")).not.toContain("an intruder");
    for (const address of web.values())
      expect(await appServersSeen(address)).toEqual(new Set(["app1", "app2"]));
  });
});

describe("a template that nginx refuses", () => {
  const project = mkdtempSync(join(tmpdir(), "provision-project-"));
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("leaves the old config in place and serving, and leads to the template's line", async () => {
    symlinkSync(join(root, ".provision"), join(project, ".provision"));
    mkdirSync(join(project, "templates/nginx"), { recursive: true });
    copyFileSync(inventory, join(project, "lab.yml"));
    const template = readFileSync(join(root, "templates/nginx/nginx.conf.hbs"), "utf8").split("\n");
    const broken = template.findIndex((line) => line.includes("server_tokens"));
    expect(broken).toBeGreaterThan(0);
    template.splice(broken, 0, "  server_tokenz off;");
    writeFileSync(join(project, "templates/nginx/nginx.conf.hbs"), template.join("\n"));
    const before = await on("web1", "cat /etc/nginx/nginx.conf");

    const { code, out } = await start(["-i", "lab.yml", "--report", pageFile], project).ended;
    expect(code, out).toBe(1);
    const failed = readFileSync(pageFile, "utf8");
    expect(failed).toMatch(/<title>apply: [^<]*\d failed/);
    expect(failed).toContain("unknown directive &quot;server_tokenz&quot;");
    expect(failed).toContain(`templates/nginx/nginx.conf.hbs:${broken + 1}`);
    expect(out).toContain('unknown directive "server_tokenz"');
    expect(out).toMatch(/web1.*refused/);
    expect(out).toContain(`templates/nginx/nginx.conf.hbs:${broken + 1}`);
    expect(await on("web1", "cat /etc/nginx/nginx.conf")).toBe(before);
    for (const address of web.values()) expect(await page(address)).toContain("Served by");
    const again = await provision("-i", inventory, "--report", pageFile);
    expect(again.code, again.out).toBe(0);
    const whole = readFileSync(pageFile, "utf8");
    expect(whole).toMatch(/<title>apply: (\d (converged|unchanged)(, )?)+<\/title>/);
    expect(whole).toContain("observe the resources");
    expectNothingToDo(await provision("-i", inventory));
  });
});

describe("a host that is off", () => {
  it("stops nobody else; exit 4; the summary says what was not done, and the command that does it", async () => {
    onTestFinished(async () => must(await lab.powerOn("app1")));
    must(await lab.shutDown("app1"));
    const change = ["-e", '{"nginx": {"workers": 3}}'];
    const { code, out } = await provision("-i", inventory, ...change, "--timeout", "5");
    expect(code, out).toBe(4);
    expect(out).toMatch(/web1 +converged/);
    expect(out).toMatch(/web2 +converged/);
    expect(out).toMatch(/app2 +unchanged/);
    expect(out).toMatch(/app1 +unreachable/);
    expect(out).toMatch(/To finish: provision .*-l app1/);
    for (const address of web.values()) expect(await appServersSeen(address)).toEqual(new Set(["app2"]));
    must(await lab.powerOn("app1"));
    const resume = await provision("-i", inventory, ...change, "-l", "app1");
    expect(resume.code, resume.out).toBe(0);
    const back = await provision("-i", inventory);
    expect(back.code, back.out).toBe(0);
    expectNothingToDo(await provision("-i", inventory));
  });
});

describe("a saved plan", () => {
  it("is carried out exactly, or refused when something has moved", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "provision-plan-")), "plan.json");
    const plan = await provision("plan", "-i", inventory, "-e", '{"nginx": {"workers": 3}}', "--out", file);
    expect(plan.code, plan.out).toBe(2);
    await on("web2", "chmod 0600 /etc/nginx/nginx.conf");
    const moved = await provision("apply", "--plan", file);
    expect(moved.code, moved.out).toBe(1);
    expect(moved.out).toContain("not in the saved plan");
    expect(await on("web1", "cat /etc/nginx/nginx.conf")).not.toContain("worker_processes 3");
    await on("web2", "chmod 0640 /etc/nginx/nginx.conf");
    const applied = await provision("apply", "--plan", file);
    expect(applied.code, applied.out).toBe(0);
    expect(await on("web1", "cat /etc/nginx/nginx.conf")).toContain("worker_processes 3");
    expect((await provision("-i", inventory)).code).toBe(0);
    rmSync(join(file, ".."), { recursive: true });
  });
});
