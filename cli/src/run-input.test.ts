import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { methods } from '@ddad/methods';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventedMethods } from './invented-method.testing.ts';
import { mergeRunInput, readJsonInput } from './run-input.ts';

describe('mergeRunInput', () => {
  it('puts flags over the file and the file over the defaults', () => {
    const input = mergeRunInput(
      methods,
      { dataset: 'a', k: 5, epochs: 10, batchSize: 32 },
      { dataset: 'b', epochs: '7' },
    );
    expect(input).toMatchObject({ dataset: 'b', k: 5, epochs: 7, batchSize: 32, seed: 0 });
  });

  it('keeps defaults of nested fields that the file leaves out', () => {
    const { refiner } = mergeRunInput(methods, { dataset: 'a', refiner: { epochs: 3 } }, {});
    expect(refiner).toEqual({ epochs: 3, batchSize: 8, learningRate: 1e-4, weightDecay: 1e-4 });
  });

  it('hands every flag to the method, which says what it knows', () => {
    const flags = { dataset: 'a', method: 'distillation', k: '2', epochs: '7', seed: '5' };
    expect(() => mergeRunInput(inventedMethods, {}, flags)).toThrow(/1 fault\):\n {2}epochs: unknown field/);
    const { epochs: _, ...known } = flags;
    expect(mergeRunInput(inventedMethods, { k: 9 }, known)).toMatchObject({
      method: 'distillation',
      k: 2,
      seed: 5,
    });
  });

  it('names the methods that there are where one is unknown', () => {
    expect(() => mergeRunInput(methods, { dataset: 'a' }, { method: 'none' })).toThrow(
      /method: expected one of ddad.*, got "none"/,
    );
  });

  it('lists the faults of file and flags together', () => {
    const run = () =>
      mergeRunInput(methods, { refiner: { epoch: 3 }, speed: 1 }, { dataset: 'a', k: '0', epochs: 'many' });
    expect(run).toThrow(
      /4 faults[\s\S]*k: .*got 0[\s\S]*epochs: .*got "many"[\s\S]*refiner\.epoch: unknown field/,
    );
    expect(run).toThrow(/speed: unknown field/);
  });

  it('says what a field may be that takes false or an object', () => {
    const run = (refiner: unknown) => () => mergeRunInput(methods, { dataset: 'a', refiner }, {});
    expect(run(false)()).toMatchObject({ refiner: false });
    expect(run(true)).toThrow(/1 fault\):\n {2}refiner: expected false or object, got true/);
    expect(run({ epochs: 0, pace: 1 })).toThrow(
      /2 faults[\s\S]*refiner\.epochs: .*got 0[\s\S]*refiner\.pace: unknown/,
    );
  });

  it.each([['5'], ['""'], ['null'], ['[1]']])('refuses a file that holds %s', (text) => {
    expect(() => mergeRunInput(methods, JSON.parse(text), { dataset: 'a' })).toThrow(
      /expected a JSON object, got/,
    );
  });

  it('refuses K = 1, which has no spread', () => {
    expect(() => mergeRunInput(methods, { dataset: 'a' }, { k: '1' })).toThrow(
      /k: expected at least 2 members.*got 1/,
    );
  });
});

describe('readJsonInput', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ddad-input-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('reads a file and a descriptor of one', async () => {
    const path = join(directory, 'input.json');
    writeFileSync(path, '{"k": 4}');
    expect(await readJsonInput(path)).toEqual({ k: 4 });
    const fd = openSync(path, 'r');
    expect(await readJsonInput(`/dev/fd/${fd}`)).toEqual({ k: 4 });
    closeSync(fd);
  });

  it('reads a named pipe to its end', async () => {
    const path = join(directory, 'pipe');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    const writer = spawn('sh', [
      '-c',
      `printf '{"seed":' > '${path}.part'; { cat '${path}.part'; printf 3}; } > '${path}'`,
    ]);
    const closed = once(writer, 'close');
    expect(await readJsonInput(path)).toEqual({ seed: 3 });
    await closed;
  });

  it('names the path of what cannot be read or is no JSON', async () => {
    await expect(readJsonInput(join(directory, 'none'))).rejects.toThrow(/cannot read .*none.*ENOENT/);
    const path = join(directory, 'broken.json');
    writeFileSync(path, '{"k": ');
    await expect(readJsonInput(path)).rejects.toThrow(/broken\.json is at fault[\s\S]*expected JSON/);
  });
});
