import { isIPv6 } from "node:net";
import type { Host } from "../model/inventory.ts";
import type { Diagnostic, Source } from "../model/source.ts";
import type { Endpoint, Topology, TopologyHost } from "../model/topology.ts";
import { hostNamed, placeKey, roleVariableLine, variableLine } from "./inventory-lines.ts";

/** A listener on one host. */
interface Listener {
  /** For people: the role and its variable. */
  readonly label: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly addresses: readonly string[];
  readonly source: Source;
}

/** An error of one host. */
interface HostDiagnostic extends Diagnostic {
  readonly host: string;
}

/** Pairs of listeners with the same port on one host: an error at both lines. */
export function portProblems(topology: Topology): readonly Diagnostic[] {
  return topology.hosts.flatMap((host) => {
    const listeners = [...sshd(host), ...endpointsOn(host.host.name, topology).flatMap(listener(topology))];
    return listeners.flatMap((one, index) =>
      listeners
        .slice(index + 1)
        .flatMap((other) => (collide(one, other) ? portConflict(one, other, host.host) : [])),
    );
  });
}

/** Services that two roles provide on one host, or one role twice: one of the two would be lost. */
export function serviceProblems(topology: Topology): readonly Diagnostic[] {
  return topology.hosts.flatMap(({ host }) => {
    const seen = new Map<string, Endpoint>();
    return endpointsOn(host.name, topology).flatMap((endpoint): readonly HostDiagnostic[] => {
      const other = seen.get(endpoint.service);
      seen.set(endpoint.service, endpoint);
      if (other === undefined) return [];
      const label =
        other.role === endpoint.role
          ? `the role \`${other.role}\` provides`
          : `the roles \`${other.role}\` and \`${endpoint.role}\` both provide`;
      const twice = other.role === endpoint.role ? "twice" : "";
      const message = `${label} the service \`${endpoint.service}\` ${twice}`.trimEnd();
      const source = roleVariableLine(host, endpoint.role, []);
      return [{ severity: "error", message, source, host: host.name }];
    });
  });
}

function endpointsOn(host: string, topology: Topology): readonly Endpoint[] {
  return [...topology.services.values()].flatMap(({ endpoints }) =>
    endpoints.filter((endpoint) => endpoint.host === host),
  );
}

const everywhere = "*";

function listener(topology: Topology): (endpoint: Endpoint) => readonly Listener[] {
  return ({ role, host, port, protocol = "tcp", listen, access, portFrom = "port" }) => {
    if (protocol === "vrrp") return [];
    const at = hostNamed(topology, host);
    const addresses = listen ?? [access === "host" ? "127.0.0.1" : everywhere];
    const source = roleVariableLine(at, role, portFrom.split("."));
    return [{ label: `${role} (${portFrom})`, port, protocol, addresses, source }];
  };
}

/**
 * The port of sshd, if the inventory has it. A host with a login through another address, or over
 * loopback, has a forwarded port.
 */
function sshd({ host }: TopologyHost): readonly Listener[] {
  const value = (...names: readonly string[]): unknown =>
    names.map((name) => host.vars.get(name)?.value).find((one) => one !== undefined && one !== null);
  const reached = value("ansible_host", "ansible_ssh_host");
  const forwarded =
    /^(127\.|::1$|localhost$)/.test(String(reached ?? host.name)) ||
    (host.vars.has("address") && reached !== undefined && value("address") !== reached);
  if (value("ansible_connection") === "local" || forwarded) return [];
  const name = ["ansible_port", "ansible_ssh_port"].find((one) => host.vars.has(one)) ?? "ansible_port";
  const port = Number(value(name) ?? 22);
  const source = variableLine(host, name);
  return [{ label: `sshd (${name})`, port, protocol: "tcp", addresses: [everywhere], source }];
}

function collide(one: Listener, other: Listener): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false;
  return one.addresses.some((a) => other.addresses.some((b) => overlap(a, b)));
}

/** Whether two listen addresses exclude each other. By default a daemon that listens on :: also accepts IPv4. */
function overlap(a: string, b: string): boolean {
  const [x, y] = [sameText(a), sameText(b)];
  if (x === y || [x, y].some((one) => one === everywhere || one === "::")) return true;
  const [any, given] = x === "0.0.0.0" ? [x, y] : [y, x];
  return any === "0.0.0.0" && !isIPv6(given);
}

/** One text for all spellings of an address. */
const sameText = (address: string): string =>
  isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

/** The error at both positions; once if they are the same. */
function portConflict(one: Listener, other: Listener, { name }: Host): readonly HostDiagnostic[] {
  const protocol = one.protocol === "tcp" ? "" : "UDP ";
  const message = `${one.label} and ${other.label} both use ${protocol}port ${one.port}`;
  const places = new Map([one.source, other.source].map((source) => [placeKey(source), source]));
  return [...places.values()].map((source) => ({
    severity: "error",
    message,
    source,
    hint: "give one of them another port",
    host: name,
  }));
}
