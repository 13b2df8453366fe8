import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.ts';
import { temporalShape } from './config-shapes.ts';
import { temporalAccess, temporalClientOptions } from './temporal-access.ts';

const address = 'temporal:7233';
const access = (env: Record<string, string>) =>
  temporalAccess(readConfig(z.object(temporalShape), { TEMPORAL_ADDRESS: address, ...env }));

function faultOf(env: Record<string, string>): string {
  try {
    access(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----`;

test('with the address alone the connection is a plain one', () => {
  expect(access({})).toEqual({ address });
});

test('an API key never travels in the clear', () => {
  expect(access({ TEMPORAL_API_KEY: 'key' })).toEqual({ address, apiKey: 'key', tls: {} });
  expect(access({ TEMPORAL_TLS_SERVER_NAME: 'name' })).toEqual({
    address,
    tls: { serverNameOverride: 'name' },
  });
});

test('what is set must be PEM, complete, and fit together; every fault is named, and no key shown', () => {
  const wrong = faultOf({
    TEMPORAL_TLS_CERT: 'cert',
    TEMPORAL_TLS_KEY: 'my-key',
    TEMPORAL_API_KEY: 'my key',
  });
  expect(wrong).toMatch(/TEMPORAL_TLS_CERT: expected certificate in PEM/);
  expect(wrong).toMatch(/TEMPORAL_TLS_KEY: expected private key in PEM/);
  expect(wrong).toMatch(/TEMPORAL_API_KEY: expected .* without spaces/);
  expect(wrong).not.toMatch(/my.key/);
  const half = faultOf({ TEMPORAL_TLS_KEY: pem('PRIVATE KEY'), TEMPORAL_TLS_CA: pem('CERTIFICATE') });
  expect(half).toMatch(/TEMPORAL_TLS_CERT: expected both or none/);
  expect(half).toMatch(/TEMPORAL_TLS_CA: expected certificates/);
  expect(faultOf({ TEMPORAL_TLS_CERT: pem('CERTIFICATE'), TEMPORAL_TLS_KEY: pem('PRIVATE KEY') })).toContain(
    'TEMPORAL_TLS_CERT: expected a certificate and its key',
  );
});

test('a proxy that the environment names is part of it, for both of its clients', () => {
  const through = access({ HTTPS_PROXY: 'http://me:se%40cret@proxy:3128' });
  const proxy = {
    type: 'http-connect',
    targetHost: 'proxy:3128',
    basicAuth: { username: 'me', password: 'se@cret' },
  };
  expect(through).toEqual({ address, proxy });
  expect(temporalClientOptions(through)).toEqual({
    address: 'proxy:3128',
    channelArgs: {
      'grpc.enable_http_proxy': 0,
      'grpc.http_connect_target': `dns:${address}`,
      'grpc.default_authority': address,
      'grpc.http_connect_creds': 'me:se@cret',
    },
  });
  expect(access({ HTTPS_PROXY: 'http://proxy', TEMPORAL_API_KEY: 'key' })).toEqual({
    address,
    apiKey: 'key',
    tls: {},
    proxy: { type: 'http-connect', targetHost: 'proxy:80' },
  });
  expect(access({ HTTPS_PROXY: 'http://proxy', NO_PROXY: 'temporal' })).toEqual({ address });
  expect(faultOf({ HTTPS_PROXY: 'socks5://proxy' })).toContain('HTTPS_PROXY: expected http://host:port');
});

test('whatever the environment says, its clients dial what has no proxy themselves', () => {
  const direct = access({ TEMPORAL_ADDRESS: '127.0.0.1:7233', https_proxy: 'http://proxy:3128' });
  expect(direct).toEqual({ address: '127.0.0.1:7233' });
  // grpc-js would read the environment by itself.
  expect(temporalClientOptions(direct).channelArgs).toEqual({ 'grpc.enable_http_proxy': 0 });
});
