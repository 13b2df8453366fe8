import { expect, it } from 'vitest';
import { neededPackages } from './needed-packages.ts';

it('follows dependencies through links and nested packages, and leaves out what is for development', () => {
  const packages = {
    'services/one': { dependencies: { '@us/report': '*', direct: '1' }, devDependencies: { tests: '1' } },
    'packages/report': {
      dependencies: { '@us/anomaly': '*' },
      optionalDependencies: { 'other-platform': '1' },
    },
    'packages/anomaly': { devDependencies: { '@us/compute': '*' } },
    'packages/compute': { dependencies: { tensorflow: '1' } },
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
    'node_modules/@us/report',
    'node_modules/deep',
    'node_modules/direct',
    'node_modules/direct/node_modules/shared',
    'node_modules/peer',
  ]);
});
