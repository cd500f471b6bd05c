import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/model/plan.ts";
import { refusedFile } from "../../../src/run/converge/refused-file.ts";

const content = {
  bytes: new Uint8Array(),
  template: { file: "templates/nginx/nginx.conf.hbs", lines: [1, 2, 7, 7, 7, 9] },
};
const change: Change = {
  id: "file:/etc/nginx/nginx.conf",
  action: "update",
  resource: { kind: "file", key: "/etc/nginx/nginx.conf", desired: {}, payload: { content } },
  role: "nginx",
  observed: { status: "absent" },
  fields: [],
  cause: "pending",
};

describe("refusedFile", () => {
  it("leads from the line a daemon names to the template line that made it", () => {
    const words =
      '2026/11/23 15:27:55 nginx: [emerg] unexpected "}" in /etc/nginx/.nginx.conf.provision~:5\nnginx: configuration file test failed';
    expect(refusedFile("web1", change, words)).toMatchObject({
      code: "check-refused",
      message: "web1: the checker refused /etc/nginx/nginx.conf, line 5; the old file is still in place",
      detail: words,
      source: { file: "templates/nginx/nginx.conf.hbs", line: 7 },
    });
  });

  it("names the template when the daemon names no line of it", () => {
    for (const words of ["no", "unknown type in /etc/nginx/mime.types:5"]) {
      const failure = refusedFile("web1", change, words);
      expect(failure.source).toBeUndefined();
      expect(failure.hint).toContain("templates/nginx/nginx.conf.hbs");
    }
  });
});
