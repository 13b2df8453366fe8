import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The variant of the format with PBKDF2 (8192 × SHA-256) and AES-256-GCM. */
const pbkdf2AesGcm = 2;
const rounds = 8192;
/** Longer plaintexts are cut into fragments, which nothing here needs. */
const fragmentBytes = 1 << 14;

/**
 * Encrypts what MinIO's admin API takes encrypted only (madmin's `EncryptData`): salt, 32 bytes; variant, 1 byte; nonce,
 * 8 bytes; then the one and last fragment of a stream of AES-GCM fragments (sio), whose nonces end with a counter.
 * Fragment 0 is empty: its tag authenticates the stream and is part of what the others authenticate.
 * @param secretKey of who sends the request
 * @throws RangeError where it does not fit into one fragment
 */
export function sealForMinio(secretKey: string, plaintext: string): Buffer {
  const data = Buffer.from(plaintext);
  if (data.length > fragmentBytes) {
    throw new RangeError(`expected at most ${fragmentBytes} bytes, got ${data.length}`);
  }
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const key = pbkdf2Sync(secretKey, salt, rounds, 32, 'sha256');
  const seal = (counter: number, authenticated: Buffer, fragment: Buffer): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(counter);
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, count]));
    cipher.setAAD(authenticated);
    return Buffer.concat([cipher.update(fragment), cipher.final(), cipher.getAuthTag()]);
  };
  const streamTag = seal(0, Buffer.alloc(0), Buffer.alloc(0));
  const last = Buffer.concat([Buffer.of(0x80), streamTag]);
  return Buffer.concat([salt, Buffer.of(pbkdf2AesGcm), nonce, seal(1, last, data)]);
}
