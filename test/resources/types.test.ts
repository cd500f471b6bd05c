import { describe, expectTypeOf, it } from "vitest";
import { type AnyRole, defineRole, type Endpoint, file, http, pkg, tcp, unit, z } from "../../src/index.ts";

describe("defineRole", () => {
  const nginx = defineRole({
    name: "nginx",
    tier: "web",
    summary: "Serves.",
    vars: z.strictObject({ port: z.number().int().default(80), name: z.string().optional() }),
    needs: { app: "wsgi", cache: "redis" },
    provides: ({ vars }) => {
      expectTypeOf(vars).toEqualTypeOf<{ port: number; name?: string | undefined }>();
      return { http: { port: vars.port, health: http("/healthz"), redundancy: "balanced", floor: 1 } };
    },
    resources: ({ vars, needs, render }) => {
      expectTypeOf(vars.port).toEqualTypeOf<number>();
      expectTypeOf(needs.app).toEqualTypeOf<readonly Endpoint[]>();
      expectTypeOf<keyof typeof needs>().toEqualTypeOf<"app" | "cache">();
      // @ts-expect-error: not among the needs
      void needs.db;
      const config = file("/etc/nginx/nginx.conf", {
        content: render("nginx.conf", { port: vars.port, app: needs.app }),
        check: "nginx -t -c %s",
      });
      return [pkg("nginx-light", { heldUnits: ["nginx"] }), config, unit("nginx", { reloadOn: [config] })];
    },
  });

  it("a role without needs has none", () => {
    defineRole({
      name: "plain",
      tier: "base",
      summary: "Plain.",
      vars: z.strictObject({}),
      provides: () => ({ ssh: { port: 22, health: tcp(), redundancy: "balanced" } }),
      resources: ({ needs }) => {
        expectTypeOf<keyof typeof needs>().toEqualTypeOf<never>();
        return [];
      },
    });
  });

  it("roles of all types stand in one list", () => {
    expectTypeOf(nginx).toExtend<AnyRole>();
    const list: readonly AnyRole[] = [nginx];
    expectTypeOf(list).toEqualTypeOf<readonly AnyRole[]>();
  });

  it("mistakes do not compile", () => {
    // @ts-expect-error: a file needs its content
    expectTypeOf(file).toBeCallableWith("/x", { mode: "0644" });
    // @ts-expect-error: a mode is a string
    expectTypeOf(file).toBeCallableWith("/x", { content: "", mode: 0o644 });
    // @ts-expect-error: an absent package has no version
    void (() => pkg("x", { absent: true, version: "1" }));
  });
});
