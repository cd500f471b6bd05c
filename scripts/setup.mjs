// What a fresh machine lacks: the packages of package-lock.json, the Debian packages of the lab and the tests, the build.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const provision = join(root, "bin", "provision.cjs");

/** Debian packages the embedded lab is made with. */
export const labPackages = ["systemd-container", "mmdebstrap", "iproute2", "nftables", "openssh-client"];
/** …and those the tests compare with: independent eyes, and the shells hosts may have. */
export const testPackages = [
  "ansible-core",
  "apache2-utils",
  "busybox",
  "chromium",
  "chrony",
  "curl",
  "dash",
  "etcd-server",
  "fish",
  "flake8",
  "fonts-dejavu-core",
  "gunicorn",
  "haproxy",
  "keepalived",
  "mariadb-client-core",
  "mariadb-server-core",
  "memcached",
  "nagios4-core",
  "nginx-light",
  "openssh-server",
  "python3-flask",
  "python3-pymemcache",
  "python3-pymysql",
  "shellcheck",
  "socat",
  "sudo",
  "tcsh",
  "tmux",
  "util-linux",
  "vagrant",
  "vagrant-lxc",
  "zsh",
];

export const isLinuxRoot = process.platform === "linux" && process.getuid?.() === 0;

/** Runs a program in the project's folder, showing what it prints; ends this script if it fails. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", ...options });
  if (error) fail(`${program}: ${error.message}`);
  if (status !== 0) fail(`\`${[program, ...args].join(" ")}\` ended with ${status}`, status ?? 1);
}

export function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

export function installNodePackages() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const wanted = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  process.stdout.write("Installing the packages of package-lock.json\n");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

export function installDebianPackages(names) {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  process.stdout.write(`Installing Debian packages: ${missing.join(" ")}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = ["-o", "DPkg::Lock::Timeout=300", "-qq"];
  run("apt-get", [...apt, "update"], { env });
  // No daemon is to start on this machine because its program is wanted.
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    execFileSync("apt-get", [...apt, "-y", "install", "--no-install-recommends", ...missing], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch {
    process.exitCode = 1;
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
  if (process.exitCode === 1) fail(`apt-get could not install ${missing.join(" ")}`);
}

function isInstalled(name) {
  try {
    const status = execFileSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    return status.toString() === "installed";
  } catch {
    return false;
  }
}

/** Builds dist/ if a source is newer than it. */
export function buildIfStale() {
  const main = join(root, "dist", "main.cjs");
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  if (newest(["src", "roles", "package.json", "scripts/build.mjs", "scripts/bundling.mjs"]) > built)
    run("node", ["scripts/build.mjs"]);
}

function newest(paths) {
  return Math.max(
    ...paths.map((path) => {
      const full = join(root, path);
      if (!statSync(full).isDirectory()) return statSync(full).mtimeMs;
      return newest(readdirSync(full).map((name) => join(path, name)));
    }),
    0,
  );
}
