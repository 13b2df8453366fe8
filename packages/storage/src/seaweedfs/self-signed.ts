import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

// ASN.1 in DER, so much of it as one certificate takes: Node reads certificates and makes none.
const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  time: 0x18,
  list: 0x30,
  set: 0x31,
};
const ids = {
  ed25519: Buffer.from('2b6570', 'hex'),
  commonName: Buffer.from('550403', 'hex'),
  basicConstraints: Buffer.from('551d13', 'hex'),
};

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  // DER wants the shortest form, and Go insists on it.
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

/**
 * A key (Ed25519) and a certificate that it signs itself, without an end, as PEM in one text: for parts of one program that
 * let in nobody but each other. It is its own authority.
 * @see RFC 5280, section 4.1
 */
export function selfSigned(commonName: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const algorithm = der(tags.list, der(tags.oid, ids.ed25519));
  const name = der(
    tags.list,
    der(tags.set, der(tags.list, der(tags.oid, ids.commonName), der(tags.text, Buffer.from(commonName)))),
  );
  // From long ago, whatever the clock says, to the time that means "never".
  const validity = der(
    tags.list,
    ...['20000101000000Z', '99991231235959Z'].map((time) => der(tags.time, Buffer.from(time))),
  );
  const authority = der(
    tags.list,
    der(tags.oid, ids.basicConstraints),
    der(0x01, Buffer.of(0xff)),
    der(tags.octets, der(tags.list, der(0x01, Buffer.of(0xff)))),
  );
  const serial = randomBytes(16);
  // Positive, and without a leading zero.
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const signed = der(
    tags.list,
    der(0xa0, der(tags.integer, Buffer.of(2))),
    der(tags.integer, serial),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(tags.list, authority)),
  );
  const signature = der(tags.bits, Buffer.of(0), sign(null, signed, privateKey));
  const body = der(tags.list, signed, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return [
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim(),
    `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  ].join('\n');
}
