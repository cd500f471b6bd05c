/** Names that are never copied and never reported: tools create them, and no host needs them. */
const byProduct =
  /^(__pycache__|\.(pytest|mypy|ruff)_cache|\.DS_Store|\.gitkeep|\.keep|\.gitignore|\.gitattributes)$|\.py[co]$/;

/** Files of editors, version control and package managers. */
const leftover = /^(CVS|_darcs|venv|node_modules|#.*#)$|~$|\.sw[opx]$/;

/** Files with keys, by name. */
const keyName = /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$|\.(key|p12|pfx|jks|keystore|kdbx|ppk)$/i;

/** Whether to omit the name without a report. */
export function isByProduct(name: string): boolean {
  return byProduct.test(name);
}

/**
 * Whether a name in a folder of the project is copied only if `include` names it. A dot at the beginning marks files for the
 * developer's machine, or secrets (.env, .git, .htpasswd, .ssh); /.well-known/ is for the web.
 */
export function isLeftOut(name: string): boolean {
  if (name.startsWith(".")) return name !== ".well-known";
  return isByProduct(name) || leftover.test(name) || keyName.test(name);
}

const privateKey = /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?$/m;
const publicPem =
  /^-----BEGIN (?:(?:TRUSTED |X509 )?CERTIFICATE|(?:[A-Z0-9]+ )?PUBLIC KEY|X509 CRL|(?:[A-Z0-9]+ )?PARAMETERS|CERTIFICATE REQUEST)-----\r?$/m;

/** Whether a file contains a private key, or has the ending `.pem` and is not known to be public. */
export function holdsKey(name: string, bytes: Buffer): boolean {
  if (bytes.includes("PRIVATE KEY") && privateKey.test(bytes.toString("latin1"))) return true;
  return /\.pem$/i.test(name) && !publicPem.test(bytes.toString("latin1"));
}
