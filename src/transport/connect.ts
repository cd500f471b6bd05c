import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import { localTransport } from "./local.ts";
import { createOpenSsh } from "./openssh/openssh.ts";
import { type HostConfig, resolveConfig } from "./ssh/config.ts";
import { type Route, routeTo } from "./ssh/jump-hosts.ts";
import { readKeyFile } from "./ssh/keys.ts";
import { Router } from "./ssh/router.ts";
import { connectSsh } from "./ssh/ssh.ts";
import type { Session, Target, Transport } from "./transport.ts";

/** How hosts are reached in one run. */
export interface TransportOptions {
  /** auto: over ssh2, except where a host needs what only OpenSSH has. */
  readonly kind: "auto" | "ssh" | "openssh";
  /** Unknown host keys are added to known_hosts; changed ones are refused all the same. */
  readonly acceptNewHostKeys: boolean;
  /** Instead of the known_hosts files of the ssh config; the first one gets new keys. */
  readonly knownHostsFiles?: readonly string[];
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly configFile?: string;
  /** Socket of the ssh agent; default: SSH_AUTH_SOCK. "" = none. */
  readonly agentSocket?: string;
}

/** A transport that picks the way for each target. */
export function openTransport(options: TransportOptions): Transport {
  const agent = options.agentSocket ?? process.env.SSH_AUTH_SOCK ?? "";
  const routes = {
    acceptNewHostKeys: options.acceptNewHostKeys,
    ...(agent === "" ? {} : { agentSocket: agent }),
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    ...(options.knownHostsFiles === undefined ? {} : { knownHosts: options.knownHostsFiles }),
  };
  const openssh = createOpenSsh(routes);
  const router = new Router(routes);
  /** Over ssh2, and by OpenSSH where a host turns out to need it. */
  async function pick(target: Target, route: Route, deadline: number): Promise<Result<Session, Failure>> {
    const wanted = lackOf(route, router, target);
    if (wanted !== undefined) {
      if (options.kind === "auto") return ok(openssh(target, route, deadline));
      const message = `${target.name}: ${wanted}, which only OpenSSH has`;
      return err({ code: "unreachable", message, hint: "run with --transport openssh" });
    }
    const session = await connectSsh(router, target, route, deadline);
    if (session.ok) return session;
    if (session.error.lacks !== undefined && options.kind === "auto")
      return ok(openssh(target, route, deadline));
    return err(session.error.failure);
  }
  return {
    async connect(target, { deadline }) {
      if (target.connection === "local") return localTransport.connect(target, { deadline });
      const request = requestOf(target);
      const config = await resolveConfig(request, routes);
      const route = await routeTo(target.name, request, config, routes);
      if (!route.ok) return route;
      if (options.kind === "openssh") return ok(openssh(target, route.value, deadline));
      return pick(target, route.value, deadline);
    },
  };
}

function requestOf({ host, port, user, keyFile, sshArgs }: Target): Parameters<typeof resolveConfig>[0] {
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(sshArgs === undefined ? {} : { args: sshArgs }),
  };
}

/** What the host, or a jump host before it, needs that only OpenSSH has: known before anything is contacted. */
function lackOf({ config, hops }: Route, router: Router, target: Target): string | undefined {
  const own = lackOfHost(target.name, config, router);
  if (own !== undefined) return `it needs ${own}`;
  const lacks = hops.map((hop) => [hop.name, lackOfHost(target.name, hop.config, router)] as const);
  const [name, lack] = lacks.find(([, one]) => one !== undefined) ?? [];
  return lack === undefined ? undefined : `the jump host ${name} needs ${lack}`;
}

function lackOfHost(label: string, config: HostConfig, router: Router): string | undefined {
  if (config.lacks !== undefined) return config.lacks;
  const keys = config.identityFiles.map(readKeyFile).filter(({ bytes }) => bytes.length > 0);
  if (keys.some((key) => key.certified)) return "a certificate";
  if (keys.length > 0 && keys.every((key) => key.state === "fido")) return "a FIDO key";
  return router.trust(label, config).authorityOnly ? "a host certificate" : undefined;
}
