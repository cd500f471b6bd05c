/** Encrypts a text for these public keys (`age1…`); the result is in age's text form and ends with a newline. */
export async function encryptText(text: string, recipients: readonly string[]): Promise<string> {
  // Loading takes 20 ms, and most runs encrypt nothing.
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const recipient of new Set(recipients)) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}

/** A new secret key, as text: `AGE-SECRET-KEY-1…`. */
export async function newAgeKey(): Promise<string> {
  const { generateX25519Identity } = await import("age-encryption");
  return generateX25519Identity();
}
