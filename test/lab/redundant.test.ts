import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drillTests } from "./redundant/drill.ts";
import { eyesTests } from "./redundant/eyes.ts";
import { floorTests } from "./redundant/floors.ts";
import { growthTests } from "./redundant/growth.ts";
import { keeperTests } from "./redundant/keepers.ts";
import { liveTests } from "./redundant/live.ts";
import { memberTests } from "./redundant/members.ts";
import { monitoringTests } from "./redundant/monitoring.ts";
import { partitionTests } from "./redundant/partition.ts";
import { readmeTests, shell } from "./redundant/readme.ts";
import { rollingTests } from "./redundant/rolling.ts";
import { secrecyTests } from "./redundant/secrecy.ts";
import { sidecarTests } from "./redundant/sidecar.ts";
import { converge, expectNothingToDo, inventory } from "./redundant/stack.ts";
import { provision } from "./support/command.ts";

/** The whole stack on thirteen hosts, built once, by the demo: then looked at, grown, broken and moved. */
beforeAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
});
afterAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
});

describe("`npm run demo`", () => {
  it("builds it all from bare hosts, and shows that it works", { timeout: 600_000 }, async () => {
    const { code, out } = await shell("npm run demo");
    expect(code, out).toBe(0);
    process.stdout.write(out.slice(out.indexOf("── A note")));
    expect(out).toMatch(
      /POST https:\/\/10\.77\.0\.10\/notes +201 +through web[12] and app[12], kept by db1, copies on .*10\.77\.0\.51.*10\.77\.0\.52/,
    );
    expect(out).toMatch(/GET +https:\/\/10\.77\.0\.10\/notes\/\S+ +200 +through web[12] and app[12], from/);
    for (const host of ["cache1", "cache2"]) expect(out).toContain(`${host}: has its copy of the note`);
    expect(out).toContain("db1: leads");
    for (const host of ["db2", "db3"])
      expect(out).toContain(`${host}: follows 10.77.0.41, both threads run, 0 s behind`);
    for (const host of ["mon1", "mon2"])
      expect(out).toMatch(new RegExp(`${host}: Nagios counts hosts (\\d+) up \\1; services (\\d+) ok \\2`));
    expect(out).toMatch(/From nothing to a stack that is all well: \d+\.\d s/);
  });

  it("leaves nothing to do: apply, check and plan agree", async () => {
    expectNothingToDo(await converge());
    expectNothingToDo(await provision("check", "-i", inventory));
    expectNothingToDo(await provision("plan", "-i", inventory));
  });

  it("leaves no single point of failure, says `explain`", async () => {
    const { code, out } = await provision("explain", "-i", inventory);
    expect(code, out).toBe(0);
    expect(out).toContain("13 hosts in 7 tiers: no single point of failure");
  });
});

eyesTests();
secrecyTests();
rollingTests();
sidecarTests();
floorTests();
growthTests();
liveTests();
monitoringTests();
drillTests();
keeperTests();
partitionTests();
memberTests();
readmeTests();
