import { describe, expect, it } from "vitest";
import { limitOf } from "../../../roles/sidecar/config.ts";
import type { Json } from "../../../src/model/json.ts";
import { desiredOn, type HostSpec, scenarioOf, textAt } from "../scenario.ts";

describe("how many requests a sidecar sends a member at a time", () => {
  it.each([
    // [workers, hosts that use them, limit]: all hosts together leave one worker to the checks.
    [5, 1, 4],
    [5, 2, 2],
    [9, 4, 2],
    [10, 3, 3],
    [3, 2, 1],
    // Less than one is not possible: told before any host is contacted.
    [2, 3, 1],
  ])("%i workers, %i hosts: %i", (concurrency, users, limit) => {
    expect(limitOf({ concurrency }, users)).toBe(limit);
    if (concurrency > users) expect(users * limit).toBeLessThan(concurrency);
  });

  it("is the number of workers where checks need none of them", () => {
    expect(limitOf({ concurrency: 5, checkedAt: "wsgi-alive" }, 4)).toBe(5);
  });

  it("has no bound where none is known", () => {
    expect(limitOf({}, 4)).toBeUndefined();
  });
});

const stack = (vars: Json, app: Json): Readonly<Record<string, HostSpec>> => ({
  web1: { address: "10.0.0.21", roles: { sidecar: vars, nginx: {} } },
  web2: { address: "10.0.0.22", roles: { sidecar: {}, nginx: {} } },
  app1: { address: "10.0.0.31", roles: { gunicorn: app } },
  app2: { address: "10.0.0.32", roles: { gunicorn: {} } },
});

const problems = (specs: Readonly<Record<string, HostSpec>>): readonly string[] => {
  const built = scenarioOf(specs);
  return built.ok ? [] : built.error.map(({ message, hint }) => `${message} | ${hint}`);
};

describe("a sidecar", () => {
  it("limits the servers whose workers are known, and checks each where it answers while it is busy", () => {
    const text = textAt("/etc/haproxy/sidecar.cfg", desiredOn("web1", stack({}, { workers: 7 })));
    expect(text).toContain("    server app1 10.0.0.31:8000 port 8001 maxconn 7\n");
    expect(text).toContain("    server app2 10.0.0.32:8000 port 8001\n");
  });

  it("has its port 10000 above the service's own, unless it is told another", () => {
    const bind = (vars: Json, app: Json) =>
      /listen wsgi-local\n +bind (\S+)/.exec(
        textAt("/etc/haproxy/sidecar.cfg", desiredOn("web1", stack(vars, app))),
      )?.[1];
    expect(bind({}, {})).toBe("127.0.0.1:18000");
    expect(bind({}, { port: 60_000 })).toBe("127.0.0.1:50000");
    expect(bind({ ports: { "wsgi-local": 4711 } }, {})).toBe("127.0.0.1:4711");
  });

  it("is told of ports that two roles of a host would use", () => {
    const [problem] = problems(stack({ ports: { "wsgi-local": 80 } }, {}));
    expect(problem).toContain("nginx (port) and sidecar (ports.wsgi-local) both use port 80");
  });

  it("is told of names that lead nowhere", () => {
    expect(problems(stack({ ports: { "wsgj-local": 81 } }, {}))).toEqual([
      "`sidecar.ports.wsgj-local`: no host provides that service. These exist: http-local, wsgi-local | undefined",
    ]);
    expect(problems(stack({ ports: { "wsgi-writer": 81 } }, {}))[0]).toContain(
      "a sidecar has no such way to that service",
    );
  });

  it("is missed on the host of a role that needs it", () => {
    const apps = { app1: { address: "10.0.0.31", roles: { gunicorn: {} } } };
    const lone = { ...apps, web1: { address: "10.0.0.21", roles: { nginx: {} } } };
    const other = { web2: { address: "10.0.0.22", roles: { sidecar: {}, nginx: {} } } };
    expect(problems({ ...lone, ...other })).toEqual([
      "role `nginx` needs the service `wsgi-local` on its own host, and web1 has none | give web1 the role `sidecar` too",
    ]);
    expect(problems(lone)).toEqual([
      "role `nginx` needs the service `wsgi-local`, a way to `wsgi` on its own host, and no host has it | give each host with the role `nginx` the role `sidecar` too",
    ]);
    expect(problems(other)[0]).toContain(
      "role `nginx` needs the service `wsgi`, which no host of the inventory provides | give a host one of these roles: gunicorn",
    );
  });
});
