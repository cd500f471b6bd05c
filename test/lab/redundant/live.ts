import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { provision } from "../support/command.ts";
import { must } from "../support/lab.ts";
import { vip } from "./client.ts";
import { canaries } from "./secrecy.ts";
import { converge, databases, expectDone, hosts, inventory, lab, on, primary } from "./stack.ts";

const folder = mkdtempSync(join(process.env.PROVISION_SCREENSHOTS ?? tmpdir(), "provision-live-"));

interface Drawn {
  readonly code: number | null;
  readonly out: string;
  readonly text: string;
}

/** The stack as it is now, drawn into a file of this ending. */
async function draw(ending: string, name = "stack", ...more: readonly string[]): Promise<Drawn> {
  const file = join(folder, `${name}.${ending}`);
  const { code, out } = await provision("diagram", "-i", inventory, "--live", "-o", file, ...more);
  return { code, out, text: readFileSync(file, "utf8") };
}

/** What a page shows when a host is opened. */
function sectionOf(html: string, host: string): string {
  const [before = "", after = ""] = html.split(`<div id="host-${host}">`);
  return before.slice(before.lastIndexOf("<details")) + after.slice(0, after.indexOf("</details>"));
}

async function holder(): Promise<string> {
  const held = await on("lb1", `ip -o addr show | grep -c '${vip}/' || true`);
  return held === "1" ? "lb1" : "lb2";
}

/** The picture of the running stack: sound, with a daemon stopped by hand, and with a host that is off. */
export function liveTests(): void {
  describe("`provision diagram --live`", () => {
    afterAll(() => {
      if (process.env.PROVISION_SCREENSHOTS === undefined) rmSync(folder, { recursive: true });
    });

    it("says that all is converged; who leads, who follows how closely, who holds the address", async () => {
      const { code, out, text } = await draw("html");
      expect(code, out).toBe(0);
      expect(out).toContain("13 hosts in 7 tiers: no single point of failure. All converged.");
      const [leader, balancer] = [await primary(), await holder()];
      expect(sectionOf(text, leader)).toMatch(/converged, (voter|leads the store), leader</);
      for (const host of databases.filter((name) => name !== leader))
        expect(sectionOf(text, host)).toMatch(
          new RegExp(
            `converged, (?:voter|leads the store), follows ${leader}, \\d+ s behind<.*One leads.*Resources`,
          ),
        );
      expect(sectionOf(text, balancer)).toContain(`converged, holds ${vip}<`);
      const holders = [...hosts.keys()].filter((host) => sectionOf(text, host).includes(`holds ${vip}<`));
      expect(holders).toEqual([balancer]);
      expect(sectionOf(text, "web1")).toMatch(/<dt>unit<\/dt><dd>[^<]*nginx/);
    });

    it("names what was changed by hand, in each drawing, and shows no secret", async () => {
      const secret = "/etc/mysql/provision/key.pem";
      await on("web1", "systemctl stop nginx");
      await on("db2", `cp -p ${secret} /root/key.pem && echo >>${secret}`);
      const [html, svg, mmd] = [await draw("html", "drift"), await draw("svg"), await draw("mmd")];
      for (const { code, out } of [html, svg, mmd]) {
        expect(code, out).toBe(2);
        expect(out).toContain("11 converged, 2 drifted (web1 and db2).");
      }
      expect(sectionOf(html.text, "web1")).toMatch(
        /state drifted.*<code>update unit:nginx<\/code> \[running false → true\] {2}drift: changed on the host/,
      );
      expect(sectionOf(html.text, "db2")).toContain(`file:${secret}`);
      expect(svg.text).toMatch(/class="chip drifted".*aria-label="web1[^"]*update unit:nginx/);
      expect(mmd.text).toMatch(/"≠ web1 · update unit:nginx"/);
      const words = await canaries();
      expect(words.length).toBeGreaterThan(20);
      for (const { text, out } of [html, svg, mmd])
        expect(words.filter((word) => (text + out).includes(word))).toEqual([]);
      expectDone(await converge());
    });

    it("draws a host that is off, says why, and ends with 4", async () => {
      must(await lab.shutDown("cache2"));
      try {
        const [html, svg, mmd] = [
          await draw("html", "off", "--timeout", "5"),
          await draw("svg", "off", "--timeout", "5"),
          await draw("mmd", "off", "--timeout", "5"),
        ];
        for (const { code, out } of [html, svg, mmd]) {
          expect(code, out).toBe(4);
          expect(out).toContain("1 unreachable (cache2).");
          expect(out).toMatch(/provision: cache2: .*\(unreachable\)/);
        }
        expect(sectionOf(html.text, "cache2")).toMatch(/state unreachable.*class="failure"/);
        expect(svg.text).toMatch(/class="chip unreachable".*✗ cache2/);
        expect(mmd.text).toContain('("✗ cache2"):::outage');
      } finally {
        must(await lab.powerOn("cache2"));
      }
      expectDone(await converge());
    });
  });
}
