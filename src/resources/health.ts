import { unreachable } from "../base/result.ts";
import type { Resource } from "../model/resource.ts";
import type { Endpoint } from "../model/topology.ts";
import { sh } from "../script/script.ts";
import { pkg } from "./package.ts";

/** A health check in words: `http://10.0.0.2:80/healthz answers 200`. */
export function describeHealth(endpoint: Endpoint): string {
  const { health } = endpoint;
  switch (health.type) {
    case "http":
      return `${httpUrl(endpoint, health)} answers ${health.status}`;
    case "tcp":
      return `${hostPort(endpoint)} accepts connections`;
    case "command":
      return `\`${health.command}\` ends with 0`;
    default:
      return unreachable(health);
  }
}

/** Where curl asks an endpoint from any host; undefined: only a command on its own host can tell. */
export function healthUrl(endpoint: Endpoint): string | undefined {
  const { health } = endpoint;
  switch (health.type) {
    case "http":
      return httpUrl(endpoint, health);
    case "tcp":
      return tcpUrl(endpoint);
    case "command":
      return undefined;
    default:
      return unreachable(health);
  }
}

const httpUrl = (place: Place, { path, tls }: { path: string; tls?: boolean }): string =>
  `http${tls === true ? "s" : ""}://${hostPort(place)}${path}`;

const tcpUrl = (place: Place): string => `telnet://${hostPort(place)}`;

type Place = Pick<Endpoint, "address" | "port">;

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export const hostPort = ({ address, port }: Place): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** What the checks of these endpoints need on the host that makes them: those over the network are made with curl. */
export function toolsFor(endpoints: readonly Endpoint[]): readonly Resource[] {
  return endpoints.some(({ health }) => health.type !== "command") ? [pkg("curl")] : [];
}

/** Shell for the endpoint's own host that looks once: ends with 0 if it is healthy, and prints what was answered. Needs curl. */
export function healthCommand(endpoint: Endpoint): string {
  const { health } = endpoint;
  switch (health.type) {
    case "http": {
      const url = httpUrl(endpoint, health);
      return sh`code=$(curl -q --noproxy '*' -ksS -o /dev/null -w '%{http_code}' --max-time 3 ${url}); echo "answer: $code"; [ "$code" = ${String(health.status)} ]`
        .text;
    }
    case "tcp":
      // curl's exit code does not help: a server that accepts and sends nothing ends in a timeout.
      return sh`made=$(curl -q --noproxy '*' -sS --max-time 2 -o /dev/null -w '%{num_connects}' ${tcpUrl(endpoint)}); [ "$made" = 1 ]`
        .text;
    case "command":
      return health.command;
    default:
      return unreachable(health);
  }
}
