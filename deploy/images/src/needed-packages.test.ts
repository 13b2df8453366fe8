import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Lock, neededPackages } from './needed-packages.ts';
import { root } from './places.ts';

it('follows dependencies through links and nested packages, and leaves out what is for development or optional to others', () => {
  const packages = {
    'services/one': {
      dependencies: { '@us/report': '*', '@us/methods': '*', direct: '1' },
      devDependencies: { tests: '1' },
    },
    'packages/methods': {
      peerDependencies: { '@us/compute': '*', peer: '1' },
      peerDependenciesMeta: { '@us/compute': { optional: true } },
    },
    'packages/report': {
      dependencies: { '@us/anomaly': '*' },
      optionalDependencies: { 'other-platform': '1' },
    },
    'packages/anomaly': { devDependencies: { '@us/compute': '*' } },
    'packages/compute': { dependencies: { tensorflow: '1' } },
    'node_modules/@us/methods': { resolved: 'packages/methods', link: true },
    'node_modules/@us/report': { resolved: 'packages/report', link: true },
    'node_modules/@us/anomaly': { resolved: 'packages/anomaly', link: true },
    'node_modules/@us/compute': { resolved: 'packages/compute', link: true },
    'node_modules/tensorflow': {},
    'node_modules/tests': {},
    'node_modules/direct': { dependencies: { shared: '2', deep: '1' }, peerDependencies: { peer: '1' } },
    'node_modules/direct/node_modules/shared': { dependencies: { deep: '1' } },
    'node_modules/shared': {},
    'node_modules/deep': { dependencies: { direct: '1' } },
    'node_modules/peer': {},
  };
  expect([...neededPackages({ packages }, ['services/one'])].sort()).toEqual([
    'node_modules/@us/anomaly',
    'node_modules/@us/methods',
    'node_modules/@us/report',
    'node_modules/deep',
    'node_modules/direct',
    'node_modules/direct/node_modules/shared',
    'node_modules/peer',
  ]);
});

it('TensorFlow is in the images of those who load makers, and not in the one of who plans', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const holdsTensorflow = (...workspaces: string[]) =>
    [...neededPackages(lock, workspaces)].some((place) => place.includes('/tfjs-node'));
  expect(holdsTensorflow('services/trainer')).toBe(true);
  expect(holdsTensorflow('services/scorer')).toBe(true);
  expect(holdsTensorflow('services/coordinator', 'deploy/minio')).toBe(false);
});
