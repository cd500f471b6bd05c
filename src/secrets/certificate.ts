import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  Certificate as X509,
} from "@peculiar/asn1-x509";
import { isAddress } from "../base/ip.ts";
import type { Certificate } from "../model/secret.ts";

/** ECDSA with SHA-256, whose parameters are absent (RFC 5758). */
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
/** The most characters of a common name (X.520). */
const MAX_COMMON_NAME = 64;
/** Milliseconds that a certificate is valid before it is created, because the clock of a host may be slow. */
const BACKDATED = 24 * 3600 * 1000;

/** What a certificate contains, and who signs it. */
export interface CertificateRequest {
  /** DNS names and IP addresses; the first is also the common name. For an authority: its name. */
  readonly names: readonly string[];
  /** True: it signs other certificates, and no server uses it. */
  readonly authority: boolean;
  /** Absent: the certificate is self-signed. */
  readonly issuer?: Certificate;
  readonly now: Date;
  readonly until: Date;
}

interface Issuer {
  readonly name: Name;
  readonly keyId: ArrayBuffer;
  readonly key: string;
}

/** Creates a key (ECDSA, P-256) and a certificate for it, both in PEM. */
export function makeCertificate(request: CertificateRequest): Certificate {
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8" },
  });
  const own = { name: nameOf(request.names), keyId: keyIdOf(pair.publicKey), key: pair.privateKey };
  const issuer = request.issuer === undefined ? own : issuerOf(request.issuer);
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 });
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: serial(),
    signature: algorithm,
    issuer: issuer.name,
    validity: new Validity({
      notBefore: new Date(request.now.getTime() - BACKDATED),
      notAfter: request.until,
    }),
    subject: own.name,
    subjectPublicKeyInfo: AsnConvert.parse(pair.publicKey, SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(request, own.keyId, issuer.keyId)),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbs));
  const certificate = new X509({
    tbsCertificate: tbs,
    signatureAlgorithm: algorithm,
    signatureValue: copyOf(sign("sha256", signed, createPrivateKey(issuer.key))),
  });
  return { certificate: pem(Buffer.from(AsnConvert.serialize(certificate))), key: pair.privateKey };
}

function extensionsOf(
  { names, authority }: CertificateRequest,
  keyId: ArrayBuffer,
  issuerKeyId: ArrayBuffer,
): Extension[] {
  const ids = [
    extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId)),
    extension(
      id_ce_authorityKeyIdentifier,
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(issuerKeyId) }),
    ),
  ];
  if (authority) {
    return [
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
      ...ids,
    ];
  }
  return [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])),
    extension(id_ce_subjectAltName, false, new SubjectAlternativeName(names.map(generalName))),
    ...ids,
  ];
}

function extension(id: string, critical: boolean, value: object): Extension {
  return new Extension({
    extnID: id,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

const generalName = (name: string): GeneralName =>
  isAddress(name) ? new GeneralName({ iPAddress: name }) : new GeneralName({ dNSName: name });

function nameOf([first = ""]: readonly string[]): Name {
  const value = new AttributeValue({ utf8String: first.slice(0, MAX_COMMON_NAME) });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function issuerOf({ certificate, key }: Certificate): Issuer {
  const der = Buffer.from(certificate.replace(/-----[^-]+-----/g, ""), "base64");
  const { subject } = AsnConvert.parse(der, X509).tbsCertificate;
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  return { name: subject, keyId: keyIdOf(publicKey), key };
}

/** The hash of the public key. Any hash function is allowed, because the id only helps to find the issuer (RFC 5280, 4.2.1.2). */
function keyIdOf(spki: Buffer): ArrayBuffer {
  return copyOf(createHash("sha256").update(spki).digest().subarray(0, 20));
}

/** 16 random bytes: a positive number without a leading zero byte. */
function serial(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return copyOf(bytes);
}

/** A copy of these bytes only: the memory of a small buffer is shared with other buffers. */
const copyOf = (bytes: Buffer): ArrayBuffer => Uint8Array.from(bytes).buffer;

function pem(der: Buffer): string {
  const lines = der.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
