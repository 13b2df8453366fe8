import { expect, test } from 'vitest';
import { seaweedfsPartPorts, seaweedfsProgram } from './program.ts';
import { seaweedfsUsers } from './users.ts';

const partPorts = Array.from({ length: seaweedfsPartPorts }, (_, index) => 2001 + index);
const places = { folder: '/home/store', s3Port: 2000, partPorts, secret: 'the secret of the operator' };

test('every part has its port, and none the secret itself', () => {
  const { args, env } = seaweedfsProgram(places);
  const ports = args.flatMap((arg) => /port(?:\.grpc)?=(\d+)$/.exec(arg)?.[1] ?? []).map(Number);
  expect(ports.toSorted()).toEqual([2000, ...partPorts]);
  expect([...args, ...Object.values(env)].join(' ')).not.toContain(places.secret);
  const keys = Object.entries(env).filter(([name]) => name.includes('JWT'));
  expect(new Set(keys.map(([, key]) => key)).size).toBe(4);
});

test('says how many ports it takes', () => {
  expect(() => seaweedfsProgram({ ...places, partPorts: [2001] })).toThrow(
    `expected ${seaweedfsPartPorts} ports for SeaweedFS's parts, got 1`,
  );
});

test('each content of the file of users has a witness of its own, without any rights', () => {
  const user = { name: 'trainer', secretKey: 'a secret key', policy: { Statement: [] } };
  const [one, same, other] = [[user], [user], [{ ...user, secretKey: 'another' }]].map(seaweedfsUsers);
  expect(same).toEqual(one);
  expect(other!.witness.accessKey).not.toBe(one!.witness.accessKey);
  const { identities, policies } = JSON.parse(one!.content);
  expect(identities).toEqual([
    {
      name: 'trainer',
      credentials: [{ accessKey: 'trainer', secretKey: 'a secret key' }],
      policyNames: ['trainer'],
    },
    { name: one!.witness.accessKey, credentials: [one!.witness], actions: [] },
  ]);
  expect(policies).toEqual([{ name: 'trainer', content: '{"Statement":[]}' }]);
});
