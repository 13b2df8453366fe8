import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './checkout.ts';
import { serviceEnvironment, serviceSpec } from './services.ts';

test('what is set wins over the environment and removes its _FILE form', () => {
  const environment = {
    PATH: '/bin',
    S3_SECRET_KEY_FILE: '/run/secret',
    S3_ENDPOINT: 'http://elsewhere:9000',
    UNSET: undefined,
  };
  expect(serviceEnvironment(environment, { S3_SECRET_KEY: 's', S3_ENDPOINT: 'http://here:1' })).toEqual({
    PATH: '/bin',
    S3_SECRET_KEY: 's',
    S3_ENDPOINT: 'http://here:1',
  });
});

test('a service listens where it is told and keeps its files in its scratch directory', () => {
  const settings = { log: '/l', scratch: '/s', environment: {} };
  const address = '127.0.0.1:5';
  const trainer = serviceSpec({ ...settings, name: 'trainer-1', service: 'trainer', address });
  const kept = { SCRATCH_DIR: '/s', NODE_COMPILE_CACHE: join(checkout, '.cache/compiled') };
  expect(trainer.env).toEqual({ ...kept, TRAINER_LISTEN: address });
  expect(trainer.args[0]).toMatch(/\/services\/trainer\/src\/main\.ts$/);
  const scorer = serviceSpec({ ...settings, name: 'scorer', service: 'scorer', address });
  expect(scorer.env).toEqual({ ...kept, SCORER_LISTEN: address });
});
