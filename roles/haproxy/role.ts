import {
  type Check,
  defineRole,
  directory,
  file,
  http,
  type Provided,
  pkg,
  type ServiceSpec,
  tcp,
  unit,
} from "provision";
import { needOpenFiles, openFilesFact } from "../limits.ts";
import {
  certificateAssets,
  certificateCheck,
  certificateContents,
  certificateFolder,
  certificateList,
  certificatePaths,
  certificateSecrets,
  listedCertificates,
} from "./certificates.ts";
import { backendsCheck, certificatesCheck } from "./checks.ts";
import { alivePath, configData, isSecretConfig, listenerName, unknownServices } from "./config.ts";
import { adminSocket, ask, drainingOver, endingSessions, programSource, programs } from "./socket.ts";
import { type Vars, vars } from "./vars.ts";

const service = "haproxy.service";
const configPath = "/etc/haproxy/haproxy.cfg";

/** Load balancers: https for users, in front of every web server, or of a tier before the web servers. */
export const haproxy = defineRole({
  name: "haproxy",
  tier: "balancer",
  summary: "HAProxy in front of all web servers: TLS, health checks, retries, draining",
  vars,
  needs: ({ vars }) => ({ http: vars.service }),
  provides: ({ vars }) => provided(vars),
  assets: ({ vars }) => [programSource, ...certificateAssets(vars)],
  secrets: ({ vars, topology }) => certificateSecrets(vars, topology),
  checks: ({ vars }): readonly Check[] => [
    backendsCheck(adminSocket),
    certificatesCheck(adminSocket, certificatePaths(vars)),
  ],
  objections: ({ vars, topology }) => unknownServices(vars, topology),
  draining: { http: drainingOver(adminSocket) },
  facts: { openFiles: openFilesFact },
  resources: (context) => {
    const { vars, render, asset, facts } = context;
    // Two for each connection, and some for listeners and checks.
    needOpenFiles(facts, vars.maxConnections * 2 + 500, "haproxy.maxConnections");
    const contents = certificateContents(vars, asset, context.certificate);
    const certificates = certificatePaths(vars).flatMap((path, index) => {
      const content = contents[index];
      return content === undefined ? [] : [file(path, { content, mode: "0600", check: certificateCheck })];
    });
    const listed = listedCertificates(vars);
    const list = listed === undefined ? [] : [file(certificateList, { content: listed })];
    const secret = isSecretConfig(vars);
    const rendered = render("haproxy.cfg", configData(context));
    const config = file(configPath, {
      content: secret ? { ...rendered, secret } : rendered,
      mode: secret ? "0600" : "0644",
      check: "haproxy -c -f %s >/dev/null",
    });
    const save = `${ask(adminSocket, "show servers state")} /run/haproxy/server-state`;
    const lua = endingSessions(asset);
    const dropIn = file("/etc/systemd/system/haproxy.service.d/provision.conf", {
      content: render("drop-in.conf", { config: configPath, save }),
    });
    return [
      pkg("haproxy", { heldUnits: [service] }),
      ...programs(asset),
      lua,
      directory(certificateFolder, { mode: "0700" }),
      ...certificates,
      ...list,
      config,
      directory("/etc/systemd/system/haproxy.service.d"),
      dropIn,
      // No file needs a restart: systemd reads the drop-in, which defines the reload, before it reloads.
      unit(service, { reloadOn: [...certificates, ...list, lua, config, dropIn] }),
    ];
  },
});

function provided(vars: Vars): Provided {
  const { port, redirectPort, status } = vars;
  const common = { redundancy: "standby", access: "anyone" } as const;
  const redirect: ServiceSpec = {
    ...common,
    port: redirectPort,
    portFrom: "redirectPort",
    health: http(alivePath),
  };
  return [
    {
      web: {
        ...common,
        port,
        health: http(alivePath, { tls: true }),
        failover:
          "A balancer has no state: another one answers as soon as it holds the address, and only open connections break.",
        survives: { pause: { killed: 0.5, frozen: 3, off: 0.7, cut: 0.7 }, breaks: "requests" },
      },
    },
    ...(redirectPort === 0 ? [] : [{ "web-redirect": redirect }]),
    {
      "web-status": {
        ...common,
        port: status.port,
        portFrom: "status.port",
        health: tcp(),
        access: status.networks.length === 0 ? "host" : status.networks,
      },
    },
    ...listenersOf(vars),
  ];
}

const listenersOf = (vars: Vars): readonly Readonly<Record<string, ServiceSpec>>[] =>
  Object.entries(vars.tcp).map(([name, { port, networks }]) => ({
    [listenerName(name)]: {
      port,
      portFrom: `tcp.${name}.port`,
      health: tcp(),
      redundancy: "standby",
      access: networks,
    },
  }));
