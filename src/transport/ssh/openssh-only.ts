import type { Options } from "./options.ts";

interface Feature {
  readonly title: string;
  /** Whether this value switches the feature on. Left out: every value does. */
  readonly isOn?: (value: string) => boolean;
}

// `ssh -G` prints some switches as true and false.
const isYes = (value: string): boolean => /^(yes|true)$/i.test(value);

/**
 * Options that change the way or the trust of a connection, and that only OpenSSH supports. GSSAPIAuthentication is not here,
 * because distributions switch it on for all hosts.
 */
const FEATURES: Readonly<Record<string, Feature>> = {
  proxycommand: { title: "ProxyCommand" },
  bindaddress: { title: "BindAddress" },
  bindinterface: { title: "BindInterface" },
  knownhostscommand: { title: "KnownHostsCommand" },
  revokedhostkeys: { title: "RevokedHostKeys" },
  pkcs11provider: { title: "PKCS11Provider" },
  certificatefile: { title: "CertificateFile" },
  hostbasedauthentication: { title: "HostbasedAuthentication", isOn: isYes },
  verifyhostkeydns: { title: "VerifyHostKeyDNS", isOn: isYes },
  // Distributions set it to 2048 for all hosts. ssh2 accepts no RSA key below 1024 bits.
  requiredrsasize: { title: "RequiredRSASize", isOn: (value) => Number(value) > 2048 },
};

/** The first option that only OpenSSH supports. `gssapi`: the host's own options switch GSSAPIAuthentication on. */
export function openSshOnlyOption(options: Options, gssapi: boolean): string | undefined {
  for (const [keyword, { title, isOn = () => true }] of Object.entries(FEATURES)) {
    const value = options.get(keyword)?.[0];
    if (value !== undefined && value !== "" && value.toLowerCase() !== "none" && isOn(value)) return title;
  }
  return gssapi ? "GSSAPIAuthentication" : undefined;
}
