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

/** How one run connects to its hosts. */
export interface TransportOptions {
  /** auto: ssh2, or OpenSSH where a host needs a feature that only OpenSSH has. */
  readonly kind: "auto" | "ssh" | "openssh";
  /** Adds unknown host keys to known_hosts. A changed key is still refused. */
  readonly acceptNewHostKeys: boolean;
  /** Replace the known_hosts files of the ssh config. New keys go into the first one. */
  readonly knownHostsFiles?: readonly string[];
  /** Replaces ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly configFile?: string;
  /** Socket of the ssh agent. Default: SSH_AUTH_SOCK. "": no agent. */
  readonly agentSocket?: string;
}

/** A transport that chooses ssh2, OpenSSH or a local shell for each target. */
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
  /** Uses ssh2. Falls back to OpenSSH when the host needs it. */
  async function preferSsh2(
    target: Target,
    route: Route,
    deadline: number,
  ): Promise<Result<Session, Failure>> {
    const need = openSshOnlyNeed(route, router, target);
    if (need !== undefined) {
      if (options.kind === "auto") return ok(openssh(target, route, deadline));
      const message = `${target.name}: ${need}, which only OpenSSH has`;
      return err({ code: "unreachable", message, hint: "run with --transport openssh" });
    }
    const session = await connectSsh(router, target, route, deadline);
    if (session.ok) return session;
    if (session.error.openSshOnly !== undefined && options.kind === "auto")
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
      return preferSsh2(target, route.value, deadline);
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

/** The feature of OpenSSH that the host or one of its jump hosts needs, as far as it is known before the login. */
function openSshOnlyNeed({ config, hops }: Route, router: Router, target: Target): string | undefined {
  const own = featureOf(target.name, config, router);
  if (own !== undefined) return `the connection needs ${own}`;
  const features = hops.map((hop) => [hop.name, featureOf(target.name, hop.config, router)] as const);
  const [name, feature] = features.find(([, one]) => one !== undefined) ?? [];
  return feature === undefined ? undefined : `the jump host ${name} needs ${feature}`;
}

function featureOf(label: string, config: HostConfig, router: Router): string | undefined {
  if (config.openSshOnly !== undefined) return config.openSshOnly;
  const keys = config.identityFiles.map(readKeyFile).filter(({ bytes }) => bytes.length > 0);
  if (keys.some((key) => key.certified)) return "a certificate";
  if (keys.length > 0 && keys.every((key) => key.state === "fido")) return "a FIDO key";
  return router.trust(label, config).authorityOnly ? "a host certificate" : undefined;
}
