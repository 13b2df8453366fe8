import { execFileSync } from 'node:child_process';
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

it('all that exports of runs load is in the image of the coordinator, which has them made for MLflow', () => {
  // Packages that are imported by their names, by every method's export and by what they are made of.
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
        if (found.url.startsWith('file:') && !/^[./#]|^file:/.test(specifier)) loaded.add(parts.join('/'));
        return found;
      },
    });
    const { methods } = await import('@ddad/methods');
    for (const { onnx } of methods.entries) await onnx?.();
    await import('@ddad/onnx/run');
    console.log(JSON.stringify([...loaded]));`;
  const args = ['--input-type=module', '--eval', program];
  const loaded = JSON.parse(
    execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }),
  ) as string[];
  expect(loaded).toEqual(expect.arrayContaining(['@ddad/models', '@ddad/anomaly', '@ddad/onnx', 'zod']));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const needed = neededPackages(lock, ['services/coordinator', 'deploy/minio']);
  expect(loaded.filter((name) => !needed.has(`node_modules/${name}`))).toEqual([]);
});
