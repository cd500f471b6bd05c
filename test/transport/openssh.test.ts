import { expect, it } from "vitest";
import { sshWords } from "../../src/transport/openssh.ts";
import { judgeKeyFile } from "../../src/transport/ssh-keys.ts";

const target = {
  name: "web1",
  host: "10.0.0.1",
  port: 2222,
  user: "deploy",
  sudo: true,
  sudoPassword: "s3cret",
  password: "s3cret",
};

it("host keys are checked whatever the inventory's options say, as the first value counts", () => {
  const sshArgs = ["-o", "StrictHostKeyChecking=no", "-o", "ControlMaster=auto", "-F", "/f"];
  const words = sshWords({ ...target, sshArgs }, { acceptNewHostKeys: false }, 4_200, "LINE");
  const values = (keyword: string): string[] => words.filter((word) => word.startsWith(`${keyword}=`));
  expect(values("StrictHostKeyChecking")).toEqual(["StrictHostKeyChecking=yes", "StrictHostKeyChecking=no"]);
  expect(values("ControlMaster")[0]).toBe("ControlMaster=no");
  expect(values("ConnectTimeout")).toEqual(["ConnectTimeout=5"]);
  expect(words.slice(-3)).toEqual(["--", "10.0.0.1", "LINE"]);
});

it("no password stands in the argv", () => {
  expect(sshWords(target, { acceptNewHostKeys: true }, 1_000, "LINE").join(" ")).not.toContain("s3cret");
});

/** A private key file in OpenSSH's format, as far as its head goes. */
function keyText(cipher: string, type: string): Buffer {
  const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const text = (word: string): Buffer => field(Buffer.from(word));
  const key = field(Buffer.concat([text(type), text("x")]));
  const data = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    text(cipher),
    text("none"),
    text(""),
    Buffer.from([0, 0, 0, 1]),
    key,
  ]);
  return Buffer.from(
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${data.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`,
  );
}

it.each([
  ["plain", keyText("none", "ssh-ed25519"), "plain"],
  ["with a passphrase", keyText("aes256-ctr", "ssh-ed25519"), "encrypted"],
  ["in a FIDO device", keyText("none", "sk-ssh-ed25519@openssh.com"), "fido"],
  ["PEM", Buffer.from("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"), "plain"],
  [
    "PEM with a passphrase",
    Buffer.from("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
    "encrypted",
  ],
  ["PKCS8 with a passphrase", Buffer.from("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n"), "encrypted"],
  ["empty", Buffer.alloc(0), "plain"],
])("a key file: %s", (_what, bytes, state) => {
  expect(judgeKeyFile("/k", bytes, "").state).toBe(state);
});
