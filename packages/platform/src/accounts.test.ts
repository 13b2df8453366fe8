import { expect, test } from 'vitest';
import { environmentOf } from './accounts.ts';

const cluster = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_USER: 'cli',
  NATS_PASSWORD: 'cn',
  S3_ACCESS_KEY: 'cli',
  S3_SECRET_KEY: 'cs',
  GRPC_TOKEN: 't',
  OPERATOR_NATS_PASSWORD: 'on',
  OPERATOR_S3_SECRET_KEY: 'os',
  TRAINER_NATS_PASSWORD: 'tn',
  TRAINER_S3_SECRET_KEY: 'ts',
  SCORER_NATS_PASSWORD: 'sn',
  SCORER_S3_SECRET_KEY: 'ss',
};

test("an account gets its own credentials in the place of the command line's, and nobody else's", () => {
  expect(environmentOf('trainer', cluster)).toEqual({
    NATS_URL: 'nats://127.0.0.1:4222',
    NATS_USER: 'trainer',
    NATS_PASSWORD: 'tn',
    S3_ACCESS_KEY: 'trainer',
    S3_SECRET_KEY: 'ts',
    GRPC_TOKEN: 't',
  });
});

test('without secrets for the account, the credentials stay as they are', () => {
  const { NATS_PASSWORD, NATS_USER, S3_SECRET_KEY } = environmentOf('coordinator', cluster);
  expect({ NATS_PASSWORD, NATS_USER, S3_SECRET_KEY }).toEqual({
    NATS_PASSWORD: 'cn',
    NATS_USER: 'cli',
    S3_SECRET_KEY: 'cs',
  });
});
