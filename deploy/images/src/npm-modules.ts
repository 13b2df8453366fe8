import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './commands.ts';
import { type Lock, neededPackages, removeUnneeded } from './needed-packages.ts';
import { root, work } from './places.ts';

/** Of npm packages, what only people, compilers and browsers read. */
const needless = [
  '**/*.{map,d.ts,d.mts,d.cts,tsbuildinfo}',
  '@tensorflow/*/dist/*.{es2017,fesm,min}*',
  '@tensorflow/*/dist/miniprogram',
  '@tensorflow/tfjs-node-gpu/{binding,scripts,src}',
  '@temporalio/core-bridge/{sdk-core,releases/*-apple-*,releases/aarch64-*,releases/*-windows-*}',
];

/**
 * Installs the npm packages of workspaces as the lock file says, without those for development.
 * @param wanted paths of the workspaces whose packages are wanted
 * @param all paths of all workspaces of the lock file
 * @returns directory of node_modules, which others share: it is to be copied, not changed
 */
export function npmModules(wanted: readonly string[], all: readonly string[]): string {
  const files = ['package.json', 'package-lock.json', '.npmrc', ...all.map((path) => `${path}/package.json`)];
  const digest = createHash('sha256').update(JSON.stringify([wanted, needless]));
  for (const file of files) digest.update(readFileSync(join(root, file)));
  const directory = join(work, `npm-${digest.digest('hex').slice(0, 16)}`);
  if (existsSync(directory)) return join(directory, 'node_modules');
  const staging = `${directory}.new`;
  rmSync(staging, { recursive: true, force: true });
  for (const file of files) {
    mkdirSync(dirname(join(staging, file)), { recursive: true });
    cpSync(join(root, file), join(staging, file));
  }
  const of = wanted.flatMap((path) => ['--workspace', path]);
  run(join(root, '.tools/bin/npm'), ['ci', '--omit=dev', '--prefer-offline', ...of], { cwd: staging });
  const modules = join(staging, 'node_modules');
  const listed = join(modules, '.package-lock.json');
  const lock = JSON.parse(readFileSync(listed, 'utf8')) as Lock;
  removeUnneeded(lock, neededPackages(lock, wanted), staging);
  writeFileSync(listed, JSON.stringify(lock));
  for (const pattern of needless) {
    for (const path of globSync(pattern, { cwd: modules }))
      rmSync(join(modules, path), { recursive: true, force: true });
  }
  renameSync(staging, directory);
  return join(directory, 'node_modules');
}
