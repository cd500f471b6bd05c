import { afterAll, beforeAll } from "vitest";
import { openTransport } from "../../src/transport/connect.ts";
import type { Session } from "../../src/transport/transport.ts";
import { lawSuite } from "../resources/laws.ts";
import { type Run, runWith } from "../resources/run.ts";
import { sqlLaws } from "../resources/sql-laws.ts";
import { systemLaws } from "../resources/system-laws.ts";
import { packageSuite, unitSuite } from "../resources/system-suite.ts";
import { must, type TestLab, testLab } from "./support/lab.ts";

let lab: TestLab;
let session: Session;
let inside: Run;

beforeAll(async () => {
  lab = await testLab([{ name: "kinds1", address: "10.79.0.41" }]);
  const [host] = must(await lab.lab.status());
  inside = runWith(["nsenter", "-t", String(host?.pid), "-a", "/bin/sh"], {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  });
  const transport = openTransport({ kind: "ssh", acceptNewHostKeys: false });
  session = must(await transport.connect(lab.target("kinds1"), { deadline: 20_000 }));
});
afterAll(async () => {
  await session?.close();
  await lab?.down();
});

/** Over the wire, as a run does it. */
const overSsh: Run = async (script) => {
  const { code, stdout, stderr } = must(
    await session.request(script, { deadline: 300_000, waitingFor: "a law" }),
  );
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
};

lawSuite(overSsh, [...systemLaws, ...sqlLaws]);
// These kill what they run, the shell included.
unitSuite((script) => inside(script));
packageSuite((script) => inside(script));
