import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { defaultMethod, forecastType, taskQueue, workflowType } from '@ddad/contract';
import { writePhantom } from '@ddad/dataset';
import { dicomFile } from '@ddad/dataset/testing';
import { down, operatorStore, startServers } from '@ddad/local-cluster';
import { methods } from '@ddad/methods';
import {
  artifactKey,
  createS3Store,
  encodeSafetensors,
  type ObjectStore,
  publishArtifact,
} from '@ddad/storage';
import { Client, Connection } from '@temporalio/client';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './program.ts';
import { recordedScreens } from './screens-for-tests.ts';

const checkout = resolve(import.meta.dirname, '../..');
/** A module with a method of its own. */
const invented = join(import.meta.dirname, 'invented-method.testing.ts');
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ddad-cli-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function ddad(args: string[], environment: Record<string, string | undefined> = {}) {
  const screens = recordedScreens();
  const code = await runCli(args, {
    screens,
    environment,
    cwd: root,
    checkout: root,
    onSignal: () => () => {},
  });
  return { code, out: screens.out.text(), err: screens.err.text() };
}

describe('without a cluster', () => {
  it('documents every command and the exit codes', async () => {
    const { code, out } = await ddad(['--help']);
    expect(code).toBe(0);
    for (const command of [
      'dataset',
      'run',
      'runs',
      'watch',
      'cancel',
      'report',
      'card',
      'mlflow',
      'members',
      'export',
      'prune',
      'trainer',
      'demo',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
    expect(out).toMatch(/Exit codes:\n {2}0[\s\S]*\n {2}1 [\s\S]*\n {2}2 [\s\S]*\n {2}3 [\s\S]*\n {2}130/);
    for (const command of [
      ['dataset', 'add'],
      ['dataset', 'show'],
      ['run'],
      ['watch'],
      ['cancel'],
      ['pause'],
      ['resume'],
      ['add-members'],
      ['report'],
      ['card'],
      ['mlflow'],
      ['export'],
      ['prune'],
    ]) {
      expect((await ddad([...command, '--help'])).out).toMatch(/Examples?:\n {2}\$ npx ddad/);
    }
  });

  it.each([
    [['run', '--speed']],
    [['nonsense']],
    [['runs', '--limit', '0']],
    [['add-members', 'x']],
    [['add-members', 'x', '--k', '2']],
    [['export', 'abcd']],
    [['report', 'a', 'b', '--names']],
    [['report', 'a', '--no-pictures']],
    [['card', 'missing.json']],
    [['run', '--dataset', 'x', '--mlflow', 'nothing']],
    [['run', '--dataset', 'x', '--detach', '--mlflow', 'http://host']],
    [['mlflow', 'a', 'databricks://host']],
    [['prune', '--older-than', '7']],
    [['prune', '--older-than', '0d']],
  ])('calls %j bad input', async (args) => expect((await ddad(args)).code).toBe(2));

  it("lists every fault of a run's input before it looks for a cluster", async () => {
    const { code, out, err } = await ddad(['run', '--k', '1', '--epochs', '-3', '--backbone', 'vae']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/4 faults/);
    for (const field of ['dataset', 'backbone', 'k', 'epochs'])
      expect(err).toMatch(new RegExp(`^ {2}${field}: `, 'm'));
  });

  it('says which methods there are, those of setting METHODS among them', async () => {
    const first = methods.method(defaultMethod);
    const help = await ddad(['run', '--help'], { METHODS: invented });
    for (const text of [`${first.name} (${first.title})`, 'distillation (Invented for tests)'])
      expect(help.out.replaceAll(/\s+/g, ' ')).toContain(text);
    expect(help.out).toMatch(new RegExp(`^Those of method ${first.name}:\n {2}\\{"`, 'm'));
    expect(help.out).toMatch(/^Those of method distillation:\n {2}k, epochs, student$/m);
    const run = ['run', '--dataset', 'brain', '--method', 'distillation'];
    const unknown = await ddad([...run, '--backbone', 'vae']);
    expect(unknown.err).toMatch(/method: expected one of ddad.*, got "distillation"/);
    const known = await ddad([...run, '--backbone', 'vae'], { METHODS: invented });
    expect(known.err).toMatch(/backbone: unknown field of method distillation: it is one of ddad/);
  });

  it('names the module of METHODS that is no method', async () => {
    const module = join(import.meta.dirname, 'figures.ts');
    const { code, err } = await ddad(['runs'], { METHODS: module });
    expect(code).toBe(1);
    expect(err).toContain(`${module}: expected an export "entry", a method, got none`);
    expect((await ddad(['runs'], { METHODS: 'figures.ts' })).err).toMatch(
      /METHODS.*: expected absolute paths or URLs/,
    );
  });

  it('says which variables are missing', async () => {
    const { code, err } = await ddad(['run', '--dataset', 'brain']);
    expect(code).toBe(1);
    expect(err).toMatch(/run "make up"/);
    expect(err).toMatch(/TEMPORAL_ADDRESS[\s\S]*NATS_URL[\s\S]*S3_ENDPOINT/);
  });

  it('says within seconds, and without a stack, which server does not answer', async () => {
    // Accepts connections and never says a word: what a hanging server looks like.
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    const store = { S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'not to be seen' };
    try {
      const results = await Promise.all([
        ddad(['runs'], { TEMPORAL_ADDRESS: '127.0.0.1:1' }),
        ddad(['runs'], { TEMPORAL_ADDRESS: `127.0.0.1:${port}` }),
        ddad(['members'], { ...store, S3_ENDPOINT: 'http://127.0.0.1:1' }),
        ddad(['members'], { ...store, S3_ENDPOINT: `http://127.0.0.1:${port}` }),
      ]);
      for (const { code, err } of results) {
        expect(code).toBe(1);
        expect(err).toMatch(/^error: .*127\.0\.0\.1/);
        expect(err).toMatch(/is the cluster up\?/);
        expect(err).not.toMatch(/\n {4}at |not to be seen/);
      }
    } finally {
      mute.close();
    }
  }, 15_000);

  it('reads --input from a descriptor that is a socket', async () => {
    // Node gives its children sockets where others give pipes; /dev/fd/3 of one cannot be opened.
    const child = spawn(
      process.execPath,
      [join(checkout, 'cli/src/main.ts'), 'run', '--input', '/dev/fd/3'],
      {
        cwd: root,
        env: {},
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      },
    );
    let err = '';
    child.stderr!.on('data', (chunk) => {
      err += chunk;
    });
    (child.stdio[3] as NodeJS.WritableStream).end('{"dataset": "brain", "pace": 1}');
    const [code] = await once(child, 'close');
    expect(err).toMatch(/\(1 fault\):\n {2}pace: unknown field/);
    expect(code).toBe(2);
  });
});

describe('with real servers', () => {
  let environment: Record<string, string>;
  let store: ObjectStore;
  let temporal: Connection;
  const home = () => join(root, '.ddad');

  beforeAll(async () => {
    const servers = await startServers({ home: home(), environment: process.env });
    environment = { DDAD_HOME: home(), METHODS: invented };
    // What services publish, the command line's own user may only read.
    store = createS3Store(operatorStore(servers));
    temporal = await Connection.connect({ address: servers.TEMPORAL_ADDRESS });
  }, 60_000);
  afterAll(async () => {
    await temporal?.close();
    await down({ home: home() });
  }, 60_000);

  it('adds a dataset, lists it, and knows it again', async () => {
    expect((await ddad(['dataset', 'list'], environment)).err).toMatch(/no datasets yet/);
    const directory = join(root, 'phantom');
    const counts = { train: 4, unlabeledNormal: 2, unlabeledAbnormal: 1, testNormal: 2, testAbnormal: 3 };
    await writePhantom(directory, { seed: 1, ...counts });
    const added = await ddad(['dataset', 'add', 'small', directory], environment);
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toMatch(
      /^added dataset small \(synthetic\): 4 normal training images, 3 unlabeled \(2 normal, 1 abnormal\), 5 test/,
    );
    expect((await ddad(['dataset', 'add', 'small', directory], environment)).out).toMatch(/unchanged/);
    const listed = await ddad(['dataset', 'list', '--json'], environment);
    expect(JSON.parse(listed.out)).toMatchObject([
      { name: 'small', synthetic: true, counts: { train: 4, test: 5 } },
    ]);
    expect((await ddad(['dataset', 'list'], environment)).out).toMatch(/^small +4 +3 +5 +0 +0 .*synthetic$/m);

    const sizes = ['--image-size', '128', '64'];
    const both = await ddad(['dataset', 'add', 'small', directory, ...sizes], environment);
    expect(both.out).toMatch(/^replaced dataset small .* 64×64 pixels; digest .*, 128×128 pixels; digest /);
    expect((await ddad(['dataset', 'list'], environment)).out).toMatch(/^small .* 64, 128 .*synthetic$/m);
    const odd = await ddad(['dataset', 'add', 'small', directory, '--image-size', '100'], environment);
    expect(odd).toMatchObject({
      code: 2,
      err: expect.stringContaining('--image-size: expected any of 64, 128, 224, 256, got 100'),
    });
  });

  it('names copies, refuses them under --strict, and adds nothing then', async () => {
    const directory = join(root, 'copies');
    const counts = { train: 3, unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 1, testAbnormal: 1 };
    await writePhantom(directory, { seed: 2, ...counts });
    const images = join(directory, 'images');
    writeFileSync(
      join(images, 'test-normal-0000.png'),
      await readFile(join(images, 'train-normal-0001.png')),
    );
    const refused = await ddad(['dataset', 'add', 'copies', directory, '--strict'], environment);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^error: 1 group of images with equal pixels/);
    expect(refused.err).toContain('train-normal-0001.png (train.0) = test-normal-0000.png (test.0)');
    expect((await ddad(['dataset', 'list'], environment)).out).not.toMatch(/^copies /m);
    const added = await ddad(['dataset', 'add', 'copies', directory], environment);
    expect(added.code).toBe(0);
    expect(added.err).toMatch(/^warning: 1 group[\s\S]*test\.0 and train\.0: 1 group/);
  });

  it('shows a dataset: counts, copies and near-copies by name, and a page on request', async () => {
    const directory = join(root, 'shown');
    const counts = { train: 3, unlabeledNormal: 0, unlabeledAbnormal: 1, testNormal: 2, testAbnormal: 1 };
    await writePhantom(directory, { seed: 8, ...counts });
    const images = join(directory, 'images');
    const train = await readFile(join(images, 'train-normal-0000.png'));
    writeFileSync(join(images, 'test-normal-0000.png'), train);
    const darker = await sharp(join(images, 'train-normal-0001.png')).linear(0.6, 0).png().toBuffer();
    writeFileSync(join(images, 'test-normal-0001.png'), darker);
    writeFileSync(join(directory, 'labels.csv'), 'image,pathology\ntest-abnormal-0000.png,cyst\n');
    expect((await ddad(['dataset', 'add', 'shown', directory], environment)).code).toBe(0);
    const shown = await ddad(['dataset', 'show', 'shown', '--out', 'pages'], environment);
    expect(shown.err).toBe('');
    expect(shown.out).toMatch(/^shown \(synthetic images\): 7 images, 64×64 grey, digest [0-9a-f]{12}$/m);
    expect(shown.out).toMatch(/^test\.0 +2 +8 +\d+\.\d +\d+\.\d$/m);
    expect(shown.out).toMatch(/^cyst +0 +0 +0 +1$/m);
    expect(shown.out).toContain('train-normal-0000.png (train.0) = test-normal-0000.png (test.0)');
    expect(shown.out).toMatch(/\d famil(y|ies) of near-copies/);
    expect(shown.out).toMatch(/train-normal-0001\.png \(train\.0\) = .*test-normal-0001\.png \(test\.0\)/);
    const file = join(root, 'pages', 'shown.html');
    expect(shown.out.trim().split('\n').at(-1)).toBe(file);
    const page = await readFile(file, 'utf8');
    expect(page).toContain('<title>shown: dataset');
    expect(page).toContain('test-normal-0001.png');
    const unknown = await ddad(['dataset', 'show', 'nothing'], environment);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('no dataset nothing') });
  });

  it('reads a folder without data.json by its folders, writes what it took it for, and removes a dataset', async () => {
    const phantom = join(root, 'phantom-for-folders');
    const counts = { train: 6, unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 1, testAbnormal: 2 };
    await writePhantom(phantom, { seed: 12, ...counts });
    const directory = join(root, 'folders');
    for (const [name, folder] of [
      ['train-normal', 'healthy'],
      ['test-abnormal', 'tumour'],
    ] as const) {
      await mkdir(join(directory, folder), { recursive: true });
      for (let i = 0; i < (folder === 'healthy' ? 6 : 2); i++) {
        const file = `${name}-000${i}.png`;
        writeFileSync(join(directory, folder, file), await readFile(join(phantom, 'images', file)));
      }
    }
    writeFileSync(join(directory, '.DS_Store'), '');
    const added = await ddad(['dataset', 'add', 'folders', directory, '--split', '0.5'], environment);
    expect(added.out).toMatch(
      /^added dataset folders: 3 normal .* test \(3 normal, 2 abnormal\).*; 1 pathology \(2 images\); /,
    );
    expect(added.err).toContain(
      'without data.json: read as a folder healthy/ of normal images beside others',
    );
    expect(added.err).toContain("passed over: 1 file or folder of the system's own");
    const told = async () => {
      const { out } = await ddad(['dataset', 'show', 'folders', '--json'], environment);
      return JSON.parse(out) as {
        digest: string;
        addedAt: string;
        lists: object[];
        separations: { of: string }[];
      };
    };
    const before = await told();
    expect(before.lists).toHaveLength(3);
    expect(before.separations.map(({ of }) => of)).toEqual([
      'mean grey',
      'contrast',
      'original size',
      'file format',
    ]);
    const written = await ddad(['dataset', 'init', directory, '--split', '0.5'], environment);
    expect(written.out).toBe(`${join(directory, 'data.json')}\n${join(directory, 'labels.csv')}\n`);
    expect((await ddad(['dataset', 'init', directory], environment)).err).toContain(
      'data.json: expected a folder without one',
    );
    const again = await ddad(['dataset', 'add', 'folders', directory], environment);
    expect(again.out).toMatch(/^already there, unchanged: dataset folders: 3 normal/);
    // Unchanged data keeps its date.
    expect(await told()).toEqual(before);
    expect((await ddad(['dataset', 'remove', 'folders'], environment)).out).toContain(
      'removed dataset folders',
    );
    expect((await store.list('datasets/')).filter(({ key }) => key.includes(before.digest))).toEqual([]);
    const unknown = await ddad(['dataset', 'remove', 'folders'], environment);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('no dataset folders') });
    const refused = await ddad(
      ['dataset', 'add', 'x', directory, '--split', '2', '--range', '9'],
      environment,
    );
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/2 faults[\s\S]*--split[\s\S]*--range/),
    });
  });

  it('applies a published list to a folder of images, with pathologies, and without what is not there', async () => {
    const directory = join(root, 'listed');
    const counts = { train: 3, unlabeledNormal: 0, unlabeledAbnormal: 1, testNormal: 1, testAbnormal: 2 };
    await writePhantom(directory, { seed: 3, ...counts });
    const list = join(directory, 'data.json');
    const labels = join(root, 'listed.csv');
    writeFileSync(labels, 'image,pathology\ntest-abnormal-0000.png,cyst\nunlabeled-abnormal-0000.png,cyst\n');
    rmSync(join(directory, 'images', 'train-normal-0001.png'));
    const args = ['dataset', 'add', 'listed', root, '--repartition', list, '--labels', labels];
    // Names of other datasets below the root: only those of this one's folder count.
    args.push('--only', 'listed/**');
    const refused = await ddad(args, environment);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      'data.json: 1 of 7 listed images is missing: "train-normal-0001.png" below the folder; --skip-missing',
    );
    const added = await ddad([...args, '--skip-missing'], environment);
    expect(added.code).toBe(0);
    expect(added.err).toContain(
      'warning: 1 of 7 listed images is missing: "train-normal-0001.png"; went on without',
    );
    expect(added.out).toMatch(
      /^added dataset listed .*2 normal training images.*; 1 pathology \(2 images\); 64×64/,
    );
    const unfit = await ddad(['dataset', 'add', 'listed', directory, '--skip-missing'], environment);
    expect(unfit).toMatchObject({
      code: 2,
      err: expect.stringContaining('--skip-missing: expected with --repartition'),
    });
  });

  it('names patients that are in more than one part', async () => {
    const directory = join(root, 'patients');
    const counts = { train: 2, unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 1, testAbnormal: 1 };
    await writePhantom(directory, { seed: 6, ...counts });
    const { train, test } = JSON.parse(await readFile(join(directory, 'data.json'), 'utf8')) as {
      train: Record<string, string[]>;
      test: Record<string, string[]>;
    };
    const names = [...train['0']!, ...test['0']!, ...test['1']!];
    const write = (patients: string[]) =>
      writeFileSync(
        join(directory, 'patients.csv'),
        `image,patient\n${names.map((name, i) => `${name},${patients[i]}`).join('\n')}\n`,
      );
    write(['Ann', 'Bob', 'Ann', 'Cid']);
    const refused = await ddad(['dataset', 'add', 'patients', directory], environment);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('got patient "Ann" in train (line 2) and test (line 4)');
    write(['Ann', 'Ann', 'Cid', 'Cid']);
    const added = await ddad(['dataset', 'add', 'patients', directory], environment);
    expect(added.out).toMatch(/; 2 patients; /);
  });

  it('keeps nothing of DICOM headers but numbers for patients', async () => {
    const directory = join(root, 'dicom');
    await mkdir(join(directory, 'scans', 'deep'), { recursive: true });
    const names = ['a', 'b', 'c', 'd'];
    const write = (patients: string[]) =>
      names.forEach((name, i) => {
        const values = Array.from({ length: 300 }, (_, at) => (at * (31 + 7 * i)) % 4096);
        const file = dicomFile({ patient: patients[i]!, name: 'Hidden^Name', columns: 20, values });
        writeFileSync(join(directory, 'scans', 'deep', `${name}.dicom`), file);
      });
    const list = join(directory, 'list.json');
    writeFileSync(
      list,
      JSON.stringify({ train: { '0': ['a.png', 'b.png'] }, test: { '0': ['c.png'], '1': ['d.png'] } }),
    );
    const args = ['dataset', 'add', 'dicom', directory, '--repartition', list];
    write(['HIDDEN-1', 'HIDDEN-2', 'HIDDEN-1', 'HIDDEN-3']);
    const refused = await ddad(args, environment);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /one patient \(by DICOM's PatientID.*in train \("a\.png"\) and test \("c\.png"\)/,
    );
    write(['HIDDEN-1', 'HIDDEN-1', 'HIDDEN-2', 'HIDDEN-3']);
    const added = await ddad(args, environment);
    expect(added.out).toMatch(/^added dataset dicom: 2 normal training images.*; 3 patients; /);
    const objects = await store.list('');
    expect(objects.length).toBeGreaterThan(3);
    const stored = await Promise.all(
      objects.map(async ({ key }) => key + (await store.get(key)).toString('latin1')),
    );
    for (const text of [...stored, refused.err, refused.out, added.err, added.out])
      expect(text).not.toMatch(/hidden/i);
  });

  it('lists every fault of a dataset and adds nothing', async () => {
    const directory = join(root, 'faulty');
    await mkdir(join(directory, 'images'), { recursive: true });
    writeFileSync(join(directory, 'images', 'text.png'), 'no image');
    const lists = { train: { '0': ['text.png', 'gone.png', 'text.png'] } };
    writeFileSync(join(directory, 'data.json'), JSON.stringify(lists));
    const { code, err, out } = await ddad(['dataset', 'add', 'faulty', directory], environment);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(/nothing was added: .*faulty is at fault \(3 faults\)/);
    expect(err).toMatch(/text\.png[\s\S]*gone\.png/);
    expect((await ddad(['dataset', 'list'], environment)).out).not.toContain('faulty');
    expect((await ddad(['dataset', 'add', 'No Name', directory], environment)).code).toBe(2);
  });

  it('lists finished members and exports one by the beginning of its key', async () => {
    const spec = { role: 'student', seed: 7 };
    const key = artifactKey(spec);
    const weights = join(root, 'weights.safetensors');
    const tensors = new Map([['a', { shape: [2], data: new Float32Array([1, 2]) }]]);
    writeFileSync(weights, encodeSafetensors(tensors));
    await publishArtifact(store, {
      kind: 'trained-students',
      key,
      spec,
      files: { weights },
      loss: 0.03125,
      seconds: 75,
      worker: 'trainer-1',
      environment: {},
    });
    const listed = await ddad(['members'], environment);
    expect(listed.out).toMatch(
      new RegExp(
        `^key +role +seed +loss +time +trainer +finished\n${key.slice(0, 12)} +student +7 +0.03125 +1:15 +trainer-1 `,
        'm',
      ),
    );
    expect(JSON.parse((await ddad(['members', '--json'], environment)).out)).toMatchObject([
      { key, kind: 'trained-students', role: 'student', seed: 7, loss: 0.03125 },
    ]);

    const file = join(root, 'out', 'member.safetensors');
    const exported = await ddad(['export', key.slice(0, 8), file], environment);
    expect(exported).toMatchObject({ code: 0, err: '' });
    expect(exported.out).toMatch(
      new RegExp(`^wrote ${file}: student of seed 7, \\d+ bytes, SHA-256 [0-9a-f]{64}\n {2}member ${key}\n$`),
    );
    const onnx = await ddad(['export', key.slice(0, 8), join(root, 'out', 'member.onnx')], environment);
    expect(onnx).toMatchObject({
      code: 1,
      err: expect.stringContaining('method distillation has no export to ONNX; methods that have one: ddad'),
    });
    expect(await readFile(file)).toEqual(await readFile(weights));
    expect(await ddad(['export', key, file], environment)).toMatchObject({ code: 2 });
    expect(await ddad(['export', key, file, '--force'], environment)).toMatchObject({ code: 0 });
    const other = key.startsWith('0000') ? 'ffff' : '0000';
    expect((await ddad(['export', other, join(root, 'x')], environment)).err).toMatch(/no finished member/);
    expect((await ddad(['export', 'student 0', join(root, 'x')], environment)).code).toBe(2);
  });

  it('does not export what the store holds wrongly', async () => {
    const [{ key }] = JSON.parse((await ddad(['members', '--json'], environment)).out) as [{ key: string }];
    const [object] = (await store.list(`trained-students/${key}/`)).filter(
      (entry) => !entry.key.endsWith('.json'),
    );
    await store.put(object!.key, 'other bytes');
    const { code, err } = await ddad(['export', key, join(root, 'damaged')], environment);
    expect(code).toBe(1);
    expect(err).toMatch(/expected \d+ bytes with SHA-256/);
    await expect(readFile(join(root, 'damaged'))).rejects.toThrow('ENOENT');
  });

  it('fetches a page by the run id alone, which Temporal need not know any more', async () => {
    const run = '01234567-89ab-7cde-8f01-23456789abcd';
    const file = join(root, 'pages', 'page.html');
    const missing = await ddad(['report', run, '--out', file], environment);
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('with a page') as string });
    const card = await ddad(['card', run], environment);
    expect(card).toMatchObject({ code: 2, err: expect.stringContaining(`no run ${run} with a report;`) });
    await store.put(`reports/${run}/report.html`, '<!doctype html>');
    expect(await ddad(['report', run, '--out', file], environment)).toEqual({
      code: 0,
      out: `${file}\n`,
      err: '',
    });
    expect(await readFile(file, 'utf8')).toBe('<!doctype html>');
    expect((await ddad(['report', 'nobody'], environment)).code).toBe(2);
  });

  it('lists runs by what they were started with, and waits for a cancellation no longer than told', async () => {
    const client = new Client({ connection: temporal });
    const start = (workflowId: string, input: unknown) =>
      client.workflow.start(workflowType, { taskQueue, workflowId, args: [input] });
    const handle = await start('by-hand', { dataset: 'small' });
    await start('refused', 5);
    const listed = async () =>
      JSON.parse((await ddad(['runs', '--json'], environment)).out) as {
        id: string;
        [field: string]: unknown;
      }[];
    // Servers list what was started a moment later.
    await expect.poll(async () => (await listed()).length, { timeout: 20_000 }).toBe(2);
    expect((await listed()).find(({ id }) => id === 'by-hand')).toMatchObject({
      executionId: handle.firstExecutionRunId,
      status: 'running',
      dataset: 'small',
      method: defaultMethod,
      k: 3,
    });
    expect((await listed()).find(({ id }) => id === 'refused')).toMatchObject({
      dataset: null,
      method: null,
      k: null,
    });
    expect((await ddad(['runs'], environment)).out).toMatch(/^by-hand +running +small +ddad +3 /m);

    // No coordinator runs here, so nobody takes the cancellation in.
    const cancelled = await ddad(['cancel', handle.firstExecutionRunId, '--limit', '1'], environment);
    expect(cancelled.code).toBe(1);
    expect(cancelled.err).toMatch(/by-hand has not ended within 1 s; its cancellation is requested/);
    await handle.terminate();
    expect((await ddad(['cancel', 'by-hand'], environment)).err).toMatch(
      /cannot be cancelled: it is terminated/,
    );
    expect((await ddad(['cancel', 'nobody'], environment)).code).toBe(2);

    const watched = await ddad(['watch', 'by-hand'], environment);
    expect(watched).toMatchObject({ code: 3, out: '' });
    expect(watched.err).toMatch(/^run by-hand\nhttp:.*by-hand.*\n[\s\S]*error: the run was terminated/);
    expect((await ddad(['watch', 'nobody'], environment)).code).toBe(2);
  });

  it('prunes what is left over with its own rights, and says what it leaves alone', async () => {
    const [{ key }] = JSON.parse((await ddad(['members', '--json'], environment)).out) as [{ key: string }];
    const checkpoint = (of: string) =>
      `checkpoints/trained-students/${of}/${'0'.repeat(16)}-${'0'.repeat(16)}-${'a'.repeat(64)}.safetensors`;
    for (const of of [key, 'b'.repeat(64)]) await store.put(checkpoint(of), 'steps');
    // Nobody works on it: it cannot say what it wants.
    const client = new Client({ connection: temporal });
    const run = await client.workflow.start(workflowType, { taskQueue, workflowId: 'mute', args: [{}] });
    const dry = await ddad(['prune', '--artifacts'], environment);
    expect(dry).toMatchObject({
      code: 0,
      out: 'left over                          objects  size\ncheckpoints of finished artifacts        1   5 B\n',
    });
    expect(dry.err).toMatch(/left alone .*mute \(does not answer\).*\nnothing was removed; --delete/);
    await run.terminate();
    expect(JSON.parse((await ddad(['prune', '--json', '--delete'], environment)).out)).toEqual({
      deleted: true,
      reasons: [{ reason: 'finished', objects: 1, bytes: 5 }],
      total: { objects: 1, bytes: 5 },
    });
    expect((await store.list('checkpoints/')).map((entry) => entry.key)).toEqual([
      checkpoint('b'.repeat(64)),
    ]);
    await store.remove([checkpoint('b'.repeat(64))]);
    const clean = await ddad(['prune', '--older-than', '1h'], environment);
    expect(clean).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/nothing is left over\n$/) });
  }, 60_000);

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s ends a forecast that nobody answers with code %i, and leaves nothing of it',
    async (signal, code) => {
      const client = new Client({ connection: temporal });
      const forecasts = async () => {
        const query = `WorkflowType = '${forecastType}' AND ExecutionStatus = 'Running'`;
        let count = 0;
        for await (const _ of client.workflow.list({ query })) count += 1;
        return count;
      };
      const child = spawn(
        process.execPath,
        [join(checkout, 'cli/src/main.ts'), 'run', '--dataset', 'small', '--dry-run'],
        { cwd: root, env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const told = Promise.all([text(child.stdout), text(child.stderr)]);
      const exited = once(child, 'exit');
      // Servers list what was started a moment later.
      await expect.poll(forecasts, { timeout: 30_000 }).toBe(1);
      const began = performance.now();
      child.kill(signal);
      expect(await exited).toEqual([code, null]);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(await told).toEqual(['', 'interrupted: nothing was started\n']);
      await expect.poll(forecasts, { timeout: 20_000 }).toBe(0);
    },
    90_000,
  );
});
