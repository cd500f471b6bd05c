import { type Certificate, type Content, content, Refusal, type SecretSpec, type Topology } from "provision";
import type { Vars } from "./vars.ts";

/** The folder of the certificates, each with its key. */
export const certificateFolder = "/etc/haproxy/certs";

const isPem = (text: string): boolean => text.includes("-----BEGIN ");

/** Files of the project that hold certificates and keys. */
export function certificateAssets({ certificates }: Vars): readonly string[] {
  return Object.values(certificates)
    .flatMap(({ certificate, key }) => [certificate, key])
    .filter((text) => !isPem(text));
}

/** The secret with the certificate that is made if the inventory has none. */
const madeSecret = "haproxy/default";

/** One certificate for all balancers, with every name and address that users connect to. */
export function certificateSecrets(vars: Vars, topology: Topology): Readonly<Record<string, SecretSpec>> {
  if (Object.keys(vars.certificates).length > 0) return {};
  const endpoints = (service: string) => topology.services.get(service)?.endpoints ?? [];
  const floating = endpoints("vip").flatMap((endpoint) => endpoint.floating ?? []);
  const known = [...vars.serverNames, ...floating];
  const names = known.length > 0 ? known : endpoints("web").map(({ address }) => address);
  return { [madeSecret]: { type: "certificate", names: [...new Set(names)] } };
}

/** Paths of the certificates. The first is for clients that send no host name. */
export function certificatePaths({ certificates }: Vars): readonly string[] {
  const names = Object.keys(certificates);
  return (names.length === 0 ? ["default"] : names).map((name) => `${certificateFolder}/${name}.pem`);
}

/** A line of HAProxy has a limited number of words: more certificates than this go into a list. */
const mostInLine = 20;

/** Path of the list of certificates. */
export const certificateList = `${certificateFolder}/list`;

/** The text of the list; undefined: there is no list. */
export function listedCertificates(vars: Vars): string | undefined {
  const paths = certificatePaths(vars);
  return paths.length > mostInLine ? `${paths.join("\n")}\n` : undefined;
}

/** The part of a `bind` line that names the certificates. */
export const crtOf = (vars: Vars): string =>
  listedCertificates(vars) === undefined
    ? `crt ${certificatePaths(vars).join(" crt ")}`
    : `crt-list ${certificateList}`;

/** The text of each certificate file: the certificate, its chain, the key. */
export function certificateContents(
  vars: Vars,
  asset: (path: string) => ReadonlyMap<string, Content>,
  made: (name: string) => Certificate,
): readonly Content[] {
  const text = (given: string): string => {
    if (isPem(given)) return given;
    const found = asset(given).get("");
    if (found === undefined) throw new Refusal(`certificates: ${given} is a folder, but must be a PEM file`);
    return new TextDecoder().decode(found.bytes);
  };
  const pairs = Object.values(vars.certificates).map(({ certificate, key }) => ({
    certificate: text(certificate),
    key: text(key),
  }));
  return (pairs.length === 0 ? [made(madeSecret)] : pairs).map(({ certificate, key }) =>
    content(`${certificate.trimEnd()}\n${key.trimEnd()}\n`, { secret: true }),
  );
}

/** HAProxy itself checks a file before it replaces the one in use: certificate and key must belong together. */
export const certificateCheck = [
  "{ printf 'defaults\\n timeout client 1s\\nfrontend check\\n mode http\\n'; echo ' bind 127.0.0.1:1 ssl crt' %s; }",
  "haproxy -c -f /dev/stdin >/dev/null",
].join(" | ");
