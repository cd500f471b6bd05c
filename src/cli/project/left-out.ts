/** Names that are left out of a folder without a word: tools make them anew, and no host needs them. */
const byProduct =
  /^(__pycache__|\.(pytest|mypy|ruff)_cache|\.DS_Store|\.gitkeep|\.keep|\.gitignore|\.gitattributes)$|\.py[co]$/;

/** What editors and version control leave behind, and installed packages. */
const leftover = /^(CVS|_darcs|venv|node_modules|#.*#)$|~$|\.sw[opx]$/;

/** Files that hold keys, by their name. */
const keyName = /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$|\.(key|p12|pfx|jks|keystore|kdbx|ppk)$/i;

/** Whether nobody needs to be told that this is not copied. */
export function isByProduct(name: string): boolean {
  return byProduct.test(name);
}

/**
 * Whether a name in a folder of the project is not copied to hosts unless it is asked for. A dot at the beginning means
 * that it is for the developer's own machine, or a secret (.env, .git, .htpasswd, .ssh); /.well-known/ is for the web.
 */
export function isLeftOut(name: string): boolean {
  if (name.startsWith(".")) return name !== ".well-known";
  return isByProduct(name) || leftover.test(name) || keyName.test(name);
}

const privateKey = /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?$/m;
const publicPem =
  /^-----BEGIN (?:(?:TRUSTED |X509 )?CERTIFICATE|(?:[A-Z0-9]+ )?PUBLIC KEY|X509 CRL|(?:[A-Z0-9]+ )?PARAMETERS|CERTIFICATE REQUEST)-----\r?$/m;

/** Whether a file holds a private key, or is called `.pem` and does not look like something public. */
export function holdsKey(name: string, bytes: Buffer): boolean {
  if (bytes.includes("PRIVATE KEY") && privateKey.test(bytes.toString("latin1"))) return true;
  return /\.pem$/i.test(name) && !publicPem.test(bytes.toString("latin1"));
}
