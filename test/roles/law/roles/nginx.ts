import { fileJudge } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { RoleLaw } from "../law.ts";

const folders = ["/run/nginx.pid", "/var/log/nginx/", "/etc/nginx/maintenance", "/srv/www/"];

const nginxTest = fileJudge({
  name: "nginx",
  package: "nginx-light",
  path: "/etc/nginx/nginx.conf",
  args: (path) => ["-t", "-q", "-c", path],
  moved: (text, folder) => {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    return folders
      .reduce((config, path) => config.replaceAll(path, `${folder}${path.replaceAll("/", "_")}`), text)
      .replace("http {", `http {\n${temporary.join(" ")}`);
  },
});

export const law: RoleLaw = {
  role: "nginx",
  stand: {
    "static.*": ["test/roles/public"],
    serverConfig: ["", "location = /x { return 204; }\n"],
  },
  stack: (vars, size, round) => ({
    ...hostsOf(1, { sidecar: {}, nginx: vars }, { round, first: 700 }),
    ...hostsOf(size, { gunicorn: {} }, { round: round + 2 }),
    ...hostsOf(round % 5 === 0 ? size : 1, { haproxy: {} }, { round: round + 4, first: 400 }),
  }),
  judges: [nginxTest],
};
