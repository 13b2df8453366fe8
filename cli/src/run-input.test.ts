import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultMethod } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventedMethods } from './invented-method.testing.ts';
import { experimentOf, mergeRunInput, type RunFlags, readJsonInput } from './run-input.ts';

describe('experimentOf', () => {
  const base = { dataset: 'a', method: 'distillation' };
  const none = { tables: [], figures: [] };
  const chosen = (file: object, choose?: 'axes' | 'scores') =>
    experimentOf(inventedMethods, { base, axes: { k: [2, 3] }, ...file }, none, choose).choose;

  it('has the command say what is chosen, whatever the file says', () => {
    expect(chosen({})).toBeUndefined();
    expect(chosen({ choose: 'axes' })).toBe('axes');
    expect(chosen({ choose: 'axes' }, 'scores')).toBe('scores');
    expect(chosen({}, 'axes')).toBe('axes');
  });

  it('takes every experiment that ships, with the table that it is for', async () => {
    const folder = join(import.meta.dirname, '../../bench/experiments');
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(files).toContain('brain-table2.json');
    for (const name of files) {
      const tables = /-table(\d)\.json$/.exec(name)?.slice(1) ?? [];
      const input: unknown = await readJsonInput(join(folder, name));
      expect(() => experimentOf(methods, input, { tables, figures: [] }), name).not.toThrow();
    }
  });

  it('tells every fault of a choice with those of the runs', () => {
    const file = { base, axes: { k: [1], seed: [0, 1], calibration: [0.1, 0.2] } };
    expect(() => experimentOf(inventedMethods, file, none, 'axes')).toThrow(
      /^the experiment was not started: its file is at fault[\s\S]*axes\.calibration: expected no such axis[\s\S]*axes\.k: expected at least 2/,
    );
  });
});

describe('mergeRunInput', () => {
  const merge = (file: unknown, flags: RunFlags = {}) =>
    mergeRunInput(inventedMethods, file, { method: 'distillation', ...flags });

  it('puts flags over the file and the file over the defaults', () => {
    const file = { dataset: 'a', k: 5, epochs: 10, calibration: 0.5 };
    expect(merge(file, { dataset: 'b', epochs: '7' })).toMatchObject({
      dataset: 'b',
      k: 5,
      epochs: 7,
      calibration: 0.5,
      seed: 0,
    });
  });

  it('says in words what is missing where nothing is said', () => {
    expect(() => mergeRunInput(methods, undefined, {})).toThrow(
      /^the run was not started: expected to be told which dataset: --dataset NAME/,
    );
  });

  it('takes the default method where none is named', () => {
    expect(mergeRunInput(methods, { dataset: 'a' }, {}).method).toBe(defaultMethod);
    expect(mergeRunInput(methods, { dataset: 'a' }, { k: 'auto' }).k).toBe('auto');
  });

  it('keeps defaults of nested fields that the file leaves out', () => {
    expect(merge({ dataset: 'a', student: { layers: 3 } }).student).toEqual({ layers: 3, width: 8 });
  });

  it('hands every flag to the method, which says what it knows', () => {
    const flags = { dataset: 'a', k: '2', epochs: '7', seed: '5', backbone: 'vae' };
    expect(() => merge({}, flags)).toThrow(/1 fault\):\n {2}backbone: unknown field/);
    const { backbone: _, ...known } = flags;
    expect(merge({ k: 9 }, known)).toMatchObject({ method: 'distillation', k: 2, seed: 5, epochs: 7 });
  });

  it('names the methods that there are where one is unknown', () => {
    expect(() => mergeRunInput(methods, { dataset: 'a' }, { method: 'none' })).toThrow(
      new RegExp(`method: expected one of ${methods.names.join(', ')}, got "none"`),
    );
  });

  it('lists the faults of file and flags together', () => {
    const run = () => merge({ student: { layer: 3 }, speed: 1 }, { dataset: 'a', k: '0', epochs: 'many' });
    expect(run).toThrow(
      /4 faults[\s\S]*k: .*got 0[\s\S]*epochs: .*got "many"[\s\S]*student\.layer: unknown field/,
    );
    expect(run).toThrow(/speed: unknown field/);
  });

  it('says what a field may be that takes false or an object', () => {
    const run = (student: unknown) => () => merge({ dataset: 'a', student });
    expect(run(false)()).toMatchObject({ student: false });
    expect(run(true)).toThrow(/1 fault\):\n {2}student: expected false or object, got true/);
    expect(run({ layers: 0, pace: 1 })).toThrow(
      /2 faults[\s\S]*student\.layers: .*got 0[\s\S]*student\.pace: unknown/,
    );
  });

  it.each([['5'], ['""'], ['null'], ['[1]']])('refuses a file that holds %s', (text) => {
    expect(() => merge(JSON.parse(text), { dataset: 'a' })).toThrow(/expected a JSON object, got/);
  });

  it("tells a method's own rule", () => {
    expect(() => merge({ dataset: 'a' }, { k: '1' })).toThrow(/k: expected at least 2 students.*got 1/);
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

describe('a JSON input', () => {
  it('gets the answers that data.json gets, and at most a hundred faults', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ddad-input-'));
    try {
      const path = join(directory, 'input.json');
      const told = async (content: string | Buffer) => {
        writeFileSync(path, content);
        return readJsonInput(path).then(
          () => 'read',
          (error: Error) => error.message,
        );
      };
      expect(await told('{"k": 1, "k": 2}')).toContain(
        'expected every key once, got "k" again at line 1, column 10',
      );
      expect(await told(Buffer.from('{"dataset": "é"}', 'latin1'))).toContain('another encoding than UTF-8');
      expect(await told('['.repeat(1e5))).toContain('expected JSON of at most 64 levels');
      expect(await told('\uFEFF{}')).toBe('read');
      const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`k${i}`, 1]));
      const message = await told(`{${Object.keys(many).map((key) => `"${key}":1,"${key}":2`)}}`);
      expect(message).toContain('(130 faults)');
      expect(message.split('\n')).toHaveLength(102);
      expect(message.split('\n').at(-1)).toBe('  and 30 more');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
