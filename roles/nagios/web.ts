import { content, exec, file, link, type Resource, unit } from "provision";

/** The values that the pages need. */
interface Web {
  readonly host: string;
  readonly port: number;
  readonly networks: readonly string[];
  readonly settings: string;
  readonly user: string;
  readonly password: string;
  readonly certificate: { readonly certificate: string; readonly key: string };
  render(
    name: string,
    data: Readonly<Record<string, unknown>>,
  ): { readonly bytes: Uint8Array; readonly secret?: boolean };
}

const apache = "/etc/apache2";

/**
 * Apache with only these pages, over HTTPS: Basic authentication over TLS with a bcrypt hash. Debian's configuration has
 * digest (MD5) over plain HTTP, and only for a part of the pages.
 */
export function webOf(web: Web): readonly Resource[] {
  const { settings, certificate, render } = web;
  const modules = ["socache_shmcb.load", "ssl.load", "ssl.conf", "cgi.load"].map((name) =>
    link(`${apache}/mods-enabled/${name}`, { target: `../mods-available/${name}` }),
  );
  const pem = file(`${settings}/web.pem`, { content: certificate.certificate });
  const key = file(`${settings}/web-key.pem`, {
    content: content(certificate.key, { secret: true }),
    mode: "0600",
  });
  const ports = file(`${apache}/ports.conf`, { content: render("ports.conf", { port: web.port }) });
  const { host, port, networks } = web;
  const site = file(`${apache}/sites-enabled/provision-nagios.conf`, {
    content: render("site.conf", { host: host.includes(":") ? `[${host}]` : host, port, networks, settings }),
    check: "apache2ctl -t -c 'Include %s'",
  });
  return [
    // Debian's default page, and its Nagios pages, which are open to all private addresses.
    file(`${apache}/sites-enabled/000-default.conf`, { absent: true }),
    file(`${apache}/conf-enabled/nagios4-cgi.conf`, { absent: true }),
    file("/etc/nagios4/cgi.cfg", { content: render("cgi.cfg", { user: web.user }) }),
    ...modules,
    pem,
    key,
    ...passwordFile(web),
    ports,
    site,
    // New modules and another port need a restart.
    unit("apache2.service", { reloadOn: [pem, key, site], restartOn: [ports, ...modules] }),
  ];
}

/**
 * The host makes the hash, because a role has no random salt. The password reaches it in a file that only root can read:
 * neither the password nor a hash is in the arguments of a program, which every user of the host can list.
 */
function passwordFile({ settings, user, password }: Web): readonly Resource[] {
  const [path, plain] = [`${settings}/htpasswd`, `${settings}/web-password`];
  const secret = file(plain, { content: content(`${password}\n`, { secret: true }), mode: "0600" });
  return [
    secret,
    exec("password of the Nagios pages", {
      command: `umask 027
htpasswd -niB ${user} <${plain} | grep . >${path}.new && chgrp www-data ${path}.new && mv -f ${path}.new ${path}`,
      unless: `! grep -q '^#' ${path} && htpasswd -vi ${path} ${user} <${plain}`,
      reloadOn: [secret],
    }),
  ];
}
