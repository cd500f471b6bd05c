import type { Options } from "./options.ts";

interface Lack {
  readonly title: string;
  /** Whether this value asks for it. Left out: any does. */
  readonly asks?: (value: string) => boolean;
}

// `ssh -G` prints some switches as true and false.
const isOff = (value: string): boolean => /^(no|false)$/i.test(value);
const isOn = (value: string): boolean => /^(yes|true)$/i.test(value);

/**
 * What changes where a connection goes, or how far it is trusted, and only OpenSSH can do. The distributions' own files switch
 * GSSAPIAuthentication on: see `lackOf`.
 */
const LACKS: Readonly<Record<string, Lack>> = {
  proxycommand: { title: "ProxyCommand" },
  bindaddress: { title: "BindAddress" },
  bindinterface: { title: "BindInterface" },
  knownhostscommand: { title: "KnownHostsCommand" },
  revokedhostkeys: { title: "RevokedHostKeys" },
  pkcs11provider: { title: "PKCS11Provider" },
  certificatefile: { title: "CertificateFile" },
  hostbasedauthentication: { title: "HostbasedAuthentication", asks: isOn },
  verifyhostkeydns: { title: "VerifyHostKeyDNS", asks: isOn },
  // Distributions set it to 2048 for all; ssh2 takes no RSA key that is smaller than 1024.
  requiredrsasize: { title: "RequiredRSASize", asks: (value) => Number(value) > 2048 },
};

/** The first thing that the options ask for and only OpenSSH has. `gssapi`: it was asked for by the host's own options. */
export function lackOf(options: Options, gssapi: boolean): string | undefined {
  for (const [keyword, { title, asks = () => true }] of Object.entries(LACKS)) {
    const value = options.get(keyword)?.[0];
    if (value !== undefined && value !== "" && value.toLowerCase() !== "none" && asks(value)) return title;
  }
  return gssapi ? "GSSAPIAuthentication" : undefined;
}

const SWITCHES: Readonly<Record<string, string>> = {
  publickey: "pubkeyauthentication",
  password: "passwordauthentication",
  "keyboard-interactive": "kbdinteractiveauthentication",
};

/** The ways to log in that the options allow, in their order; undefined where they leave it to us. */
export function methodsOf(options: Options): readonly string[] | undefined {
  const preferred = options.get("preferredauthentications")?.[0]?.split(",");
  const off = Object.entries(SWITCHES)
    .filter(([, keyword]) => isOff(options.get(keyword)?.[0] ?? ""))
    .map(([method]) => method);
  if (preferred === undefined && off.length === 0) return undefined;
  return (preferred ?? Object.keys(SWITCHES))
    .map((name) => name.trim())
    .filter((name) => !off.includes(name));
}
