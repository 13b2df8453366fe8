import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { selfSigned } from './self-signed.ts';

test('is a certificate of its own key, its own authority, and valid without end', () => {
  const pem = selfSigned('parts of a store');
  const certificate = new X509Certificate(pem);
  expect(certificate.subject).toBe('CN=parts of a store');
  expect(certificate.issuer).toBe(certificate.subject);
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
  expect(certificate.validToDate.getUTCFullYear()).toBe(9999);
  expect(new X509Certificate(selfSigned('another')).serialNumber).not.toBe(certificate.serialNumber);
});

test('lets in who has it, and nobody else', async () => {
  const [pem, other] = [selfSigned('parts'), selfSigned('parts')];
  const server = createServer({ cert: pem, key: pem, ca: pem, requestCert: true }, (socket) =>
    socket.end('welcome'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as { port: number };
    // Who is not let in is cut off, with an error or without.
    const hear = async (own: string) => {
      const options = { cert: own, key: own, ca: pem, checkServerIdentity: () => undefined };
      const socket = connect({ host: '127.0.0.1', port, ...options });
      return String(Buffer.concat(await socket.toArray().catch(() => [])));
    };
    expect(await hear(pem)).toBe('welcome');
    expect(await hear(other)).toBe('');
  } finally {
    server.close();
  }
});
