/** Encrypts a text for all of these public keys (`age1…`), in age's text form with a newline at its end. */
export async function encryptText(text: string, recipients: readonly string[]): Promise<string> {
  // Loaded at need only: it takes 20 ms, and most runs have nothing to write.
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
