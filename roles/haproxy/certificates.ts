import { type Certificate, type Content, content, Refusal, type SecretSpec, type Topology } from "provision";
import type { Vars } from "./vars.ts";

/** Where the certificates are, each with its key. */
export const certificateFolder = "/etc/haproxy/certs";

const isPem = (text: string): boolean => text.includes("-----BEGIN ");

/** Files of the project that certificates are read from. */
export function certificateAssets({ certificates }: Vars): readonly string[] {
  return Object.values(certificates)
    .flatMap(({ certificate, key }) => [certificate, key])
    .filter((text) => !isPem(text));
}

/** The secret that holds the certificate which is made where none is given. */
const madeSecret = "haproxy/default";

/** One for all balancers, for whatever users reach them by. */
export function certificateSecrets(vars: Vars, topology: Topology): Readonly<Record<string, SecretSpec>> {
  if (Object.keys(vars.certificates).length > 0) return {};
  const endpoints = (service: string) => topology.services.get(service)?.endpoints ?? [];
  const floating = endpoints("vip").flatMap((endpoint) => endpoint.floating ?? []);
  const known = [...vars.serverNames, ...floating];
  const names = known.length > 0 ? known : endpoints("web").map(({ address }) => address);
  return { [madeSecret]: { type: "certificate", names: [...new Set(names)] } };
}

/** Paths of the certificates, the one for clients that name no host first. */
export function certificatePaths({ certificates }: Vars): readonly string[] {
  const names = Object.keys(certificates);
  return (names.length === 0 ? ["default"] : names).map((name) => `${certificateFolder}/${name}.pem`);
}

/** More of them than a line of HAProxy has words for stand in a list of their own. */
const mostInLine = 20;

/** The list of certificates, where there is one. */
export const certificateList = `${certificateFolder}/list`;

/** What is in the list; nothing: there is none. */
export function listedCertificates(vars: Vars): string | undefined {
  const paths = certificatePaths(vars);
  return paths.length > mostInLine ? `${paths.join("\n")}\n` : undefined;
}

/** The words of a `bind` line that name the certificates. */
export const crtOf = (vars: Vars): string =>
  listedCertificates(vars) === undefined
    ? `crt ${certificatePaths(vars).join(" crt ")}`
    : `crt-list ${certificateList}`;

/** What is in each of these files: the certificate, its chain, the key. */
export function certificateContents(
  vars: Vars,
  asset: (path: string) => ReadonlyMap<string, Content>,
  made: (name: string) => Certificate,
): readonly Content[] {
  const text = (given: string): string => {
    if (isPem(given)) return given;
    const found = asset(given).get("");
    if (found === undefined) throw new Refusal(`certificates: ${given} is a folder, not a file in PEM`);
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

/** HAProxy itself judges a file before it replaces one that works: certificate and key must belong together. */
export const certificateCheck = [
  "{ printf 'defaults\\n timeout client 1s\\nfrontend judge\\n mode http\\n'; echo ' bind 127.0.0.1:1 ssl crt' %s; }",
  "haproxy -c -f /dev/stdin >/dev/null",
].join(" | ");
