import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.ts';
import { grpcShape } from './config-shapes.ts';
import { grpcAccess } from './grpc-access.ts';

const schema = z.object(grpcShape);
const access = (env: Record<string, string>) => grpcAccess(readConfig(schema, env));

function faultOf(env: Record<string, string>): string {
  try {
    access(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

test('nothing set is no access', () => {
  expect(access({})).toEqual({});
});

test('a token may lie in a file, with a line break at its end', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ddad-token-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const token = 'x'.repeat(32);
  writeFileSync(join(directory, 'token'), `${token}\n`);
  expect(access({ GRPC_TOKEN_FILE: join(directory, 'token') })).toEqual({ token });
});

test.each([
  ['x'.repeat(31), 'expected at least 32 characters'],
  [`${'x'.repeat(40)} y`, 'without spaces'],
  [`${'x'.repeat(40)}\r\nother: header`, 'without spaces'],
  ['é'.repeat(40), 'ASCII'],
  ['x'.repeat(1025), 'expected at most 1024 characters'],
])('token %j is refused and not shown', (token, message) => {
  const fault = faultOf({ GRPC_TOKEN: token });
  expect(fault).toContain(message);
  expect(fault).not.toContain(token);
});

test('certificate, key and authority are set together, are PEM, and fit together', () => {
  const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----`;
  expect(faultOf({ GRPC_TLS_KEY: pem('EC PRIVATE KEY') })).toMatch(
    /GRPC_TLS_CERT: expected all or none[\s\S]*GRPC_TLS_CA: expected all or none/,
  );
  const wrong = faultOf({ GRPC_TLS_CERT: 'cert', GRPC_TLS_KEY: 'my-key', GRPC_TLS_CA: pem('CERTIFICATE') });
  expect(wrong).toMatch(
    /GRPC_TLS_CERT: expected certificate in PEM[\s\S]*GRPC_TLS_KEY: expected private key in PEM/,
  );
  expect(wrong).not.toContain('my-key');
  const certificate = pem('CERTIFICATE');
  expect(
    faultOf({ GRPC_TLS_CERT: certificate, GRPC_TLS_KEY: pem('PRIVATE KEY'), GRPC_TLS_CA: certificate }),
  ).toContain('GRPC_TLS_CERT: expected a certificate and its key');
});
