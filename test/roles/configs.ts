import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { desiredOn, type HostSpec, textAt } from "./scenario.ts";

/** The rendered nginx.conf of web1, with the places that only root may write moved into the test's folder. */
export function nginxConfig(folder: string, specs: Readonly<Record<string, HostSpec>>): string {
  const text = textAt("/etc/nginx/nginx.conf", desiredOn("web1", specs));
  const moved = ["/run/nginx.pid", "/var/log/nginx/", "/etc/nginx/maintenance", "/srv/www/"].reduce(
    (config, path) => config.replaceAll(path, `${folder}${path}`),
    text,
  );
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return moved.replace("http {", `http {\n${temporary.join(" ")}`);
}

/** The rendered gunicorn.conf.py of an app server, with the module that it loads where that lies in this project. */
export const gunicornConfig = (name: string, specs: Readonly<Record<string, HostSpec>>): string =>
  textAt("/etc/gunicorn-notes/gunicorn.conf.py", desiredOn(name, specs)).replaceAll(
    "/etc/gunicorn-notes/alive.py",
    resolve(import.meta.dirname, "../../roles/gunicorn/files/alive/alive.py"),
  );

/** A file of a test, and the folders that the daemons want beside it. */
export function writeConfig(folder: string, name: string, text: string): string {
  for (const sub of ["run", "var/log/nginx", "etc/nginx", "srv/www/static"]) {
    mkdirSync(join(folder, sub), { recursive: true });
  }
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
