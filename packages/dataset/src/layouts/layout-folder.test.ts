import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dicomFile } from '../dicom/dicom-file.testing.ts';
import { type PackOptions, packDataset } from '../pack.ts';
import { writePhantom } from '../phantom.ts';
import { scratchFolder } from '../testing-pillow.ts';
import { folderLists } from './write-lists.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);
const pictures = join(dir, 'phantom', 'images');
let images: string[];
beforeAll(async () => {
  const counts = { train: 12, unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 1, testAbnormal: 3 };
  await writePhantom(join(dir, 'phantom'), { seed: 4, ...counts });
  images = readdirSync(pictures).sort();
});

let folders = 0;
/** A folder of pictures, each given by its number. */
function folder(places: Record<string, number>): string {
  const path = join(dir, `folder-${++folders}`);
  for (const [place, which] of Object.entries(places)) {
    mkdirSync(join(path, place, '..'), { recursive: true });
    cpSync(join(pictures, images[which]!), join(path, place));
  }
  return path;
}
/** A folder's content within one more folder, and some pictures. */
function within(name: string, from: string, places: Record<string, number>): string {
  const path = folder(places);
  cpSync(from, join(path, name), { recursive: true });
  return path;
}
const split = () =>
  folder({
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`normal/${i}.png`, i])),
    'tumour/a.png': 10,
    'tumour/b.png': 11,
    'cyst/c.png': 12,
  });

async function packed(path: string, options: PackOptions = {}) {
  const result = await packDataset(path, options);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result;
}
async function faults(path: string, options: PackOptions = {}) {
  const result = await packDataset(path, options);
  return 'faults' in result ? result.faults.map((fault) => `${fault.path}: ${fault.message}`) : [];
}
const names = (index: { images: string[] }, positions: readonly number[]) =>
  positions.map((at) => index.images[at]);

describe('a folder of normal images beside others', () => {
  test('is split; pathologies are called as folders; what systems left is counted', async () => {
    const path = split();
    for (const name of ['.DS_Store', 'normal/._0.png', 'tumour/Thumbs.db'])
      writeFileSync(join(path, name), 'x');
    const { index, passedOver, layout } = await packed(path);
    expect(index.train).toHaveLength(8);
    if (index.test.labels !== 'known') throw new Error(index.test.labels);
    expect(index.test.normal).toHaveLength(2);
    expect(names(index, index.test.abnormal)).toEqual(['cyst/c.png', 'tumour/a.png', 'tumour/b.png']);
    expect(index.pathologies!.map(({ name, images: some }) => [name, names(index, some)])).toEqual([
      ['cyst', ['cyst/c.png']],
      ['tumour', ['tumour/a.png', 'tumour/b.png']],
    ]);
    expect(passedOver).toBe(3);
    expect(layout?.title).toBe('a folder normal/ of normal images beside others');
  });

  test('is split by share and seed, again and again alike', async () => {
    const path = split();
    const half = await packed(path, { split: { share: 0.5, seed: 7 } });
    expect(half.index.train).toHaveLength(5);
    expect((await packed(path, { split: { share: 0.5, seed: 7 } })).digest).toBe(half.digest);
    expect((await packed(path, { split: { share: 0.5, seed: 8 } })).digest).not.toBe(half.digest);
  });

  test('copies and patients stay in one part', async () => {
    const path = folder({
      ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`normal/${i}.png`, Math.floor(i / 2)])),
      'tumour/a.png': 10,
    });
    for (let seed = 0; seed < 5; seed++) {
      const { index } = await packed(path, { split: { share: 0.3, seed } });
      const train = new Set(index.train);
      for (const group of index.copies) expect(new Set(group.map((at) => train.has(at))).size).toBe(1);
    }
    const patients = Array.from({ length: 10 }, (_, i) => `normal/${i}.png,${i < 4 ? 'Jane' : `P${i}`}`);
    writeFileSync(join(path, 'patients.csv'), `image,patient\n${patients.join('\n')}\ntumour/a.png,Jane\n`);
    const { index } = await packed(path, { split: { share: 0.1 } });
    if (index.test.labels !== 'known') throw new Error(index.test.labels);
    // Jane has a tumour: her four normal images are test images.
    expect(names(index, index.test.normal)).toEqual([
      'normal/0.png',
      'normal/1.png',
      'normal/2.png',
      'normal/3.png',
    ]);
  });

  /** Four series of two slices each, and one with a tumour; no two pictures are alike. */
  const series = (patient: string, { studies = true } = {}) => {
    const path = folder({});
    const slice = (place: string, which: number, study: number) => {
      mkdirSync(join(path, place, '..'), { recursive: true });
      const values = Array.from({ length: 64 }, (_, i) => (i * (97 * which + 101)) % 4093);
      const uid = `1.2.3.${study}`;
      const ids = studies ? { study: uid, series: `${uid}.1` } : { series: `${uid}.1` };
      writeFileSync(join(path, place), dicomFile({ patient, name: '', columns: 8, values, ...ids }));
    };
    for (let i = 0; i < 8; i++) slice(`normal/${i}.dcm`, i * i, Math.floor(i / 2));
    slice('tumour/t.dcm', 200, 9);
    return path;
  };

  test.each([
    ['studies', true],
    ['series', false],
  ])('without a PatientID slices of one of the %s stay in one part', async (_what, studies) => {
    const path = series('', { studies });
    for (let seed = 0; seed < 5; seed++) {
      const { index } = await packed(path, { split: { share: 0.4, seed } });
      expect(index.patients!.filter((_, at) => index.images[at]!.startsWith('normal'))).toHaveLength(8);
      const train = new Set(index.train.map((at) => index.patients![at]));
      if (index.test.labels !== 'known') throw new Error(index.test.labels);
      expect(index.test.normal).toHaveLength(4);
      for (const at of index.test.normal) expect(train.has(index.patients![at])).toBe(false);
    }
    // A data.json that puts them apart is refused.
    const lists = {
      train: { '0': ['normal/0.dcm'] },
      test: { '0': ['normal/1.dcm'], '1': ['tumour/t.dcm'] },
    };
    writeFileSync(join(path, 'data.json'), JSON.stringify(lists));
    expect(await faults(path)).toEqual([
      expect.stringMatching(/expected every patient in one part.*normal\/0\.dcm.*normal\/1\.dcm/),
    ]);
  });

  test('one PatientID for everybody is told as what leaves no normal image for training', async () => {
    const path = series('ANONYMIZED');
    const message =
      "split: expected a normal image whose patient has no abnormal one, got 8 that are all of patients with abnormal images, or copies of such (DICOM's PatientID, where it is empty study or series, and volumes tell of 1 patient; a patients.csv overrules that)";
    expect(await faults(path, { split: { share: 0.2, seed: 0 } })).toEqual([message]);
    const rows = Array.from({ length: 8 }, (_, i) => `normal/${i}.dcm,P${i}`);
    writeFileSync(join(path, 'patients.csv'), ['image,patient', ...rows, 'tumour/t.dcm,T'].join('\n'));
    expect(await faults(path)).toEqual([]);
  });

  test('what patients forbid is a fault before data.json is written', async () => {
    const path = series('');
    mkdirSync(join(path, 'unlabeled'));
    cpSync(join(path, 'tumour/t.dcm'), join(path, 'unlabeled/u.dcm'));
    const lists = await folderLists(path, {});
    const found = 'faults' in lists ? lists.faults.map(({ message }) => message) : [];
    expect(found).toEqual([expect.stringMatching(/one part.*unlabeled\/u\.dcm.*tumour\/t\.dcm/)]);
  });

  test.each([
    ['', () => split()],
    [' in images/, with masks', () => within('images', split(), { 'images/ground_truth/tumour/a.png': 10 })],
    [
      ', with images/ beside train/ and test/',
      () =>
        folder({
          'train/good/0.png': 0,
          'test/good/1.png': 1,
          'test/hole/2.png': 10,
          'images/3.png': 3,
        }),
    ],
  ])('the data.json that is written for it%s gives the same dataset', async (_where, made) => {
    const path = made();
    const options = readdirSync(path).includes('train') ? {} : { split: { seed: 5 } };
    const before = await packed(path, options);
    const lists = await folderLists(path, options);
    if ('faults' in lists) throw new Error(JSON.stringify(lists.faults));
    writeFileSync(join(path, 'data.json'), lists.dataJson);
    writeFileSync(join(path, 'labels.csv'), lists.labelsCsv!);
    const after = await packed(path);
    expect(after.index).toEqual(before.index);
    expect(after.digest).toBe(before.digest);
    expect(after.layout).toBeNull();
    expect(await folderLists(path, {})).toEqual({
      faults: [{ path: 'data.json', message: 'expected a folder without one, got a folder that has one' }],
    });
  });
});

test('folders of training and test images are taken as they are', async () => {
  const path = folder({
    'train/good/0.png': 0,
    'test/good/1.png': 1,
    'test/crack/2.png': 2,
    'ground_truth/crack/2.png': 3,
  });
  const { index } = await packed(path);
  expect(index.images).toEqual(['train/good/0.png', 'test/good/1.png', 'test/crack/2.png']);
  expect(index.pathologies).toEqual([{ name: 'crack', images: [2] }]);
  expect(await faults(path, { split: { share: 0.5 } })).toEqual([
    '--split: expected with folders whose test images are still to be chosen: these have a folder of them, or no abnormal images',
  ]);
});

test('images are told by their bytes where names do not tell; what is passed over is counted, or named', async () => {
  const path = folder({
    'normal/a.png': 0,
    'normal/b.jfif': 1,
    'normal/c.dic': 2,
    'normal/.d.png': 3,
    'tumour/slice 2.5mm 0': 10,
    'tumour/slice 2.5mm 1': 11,
    'normal/.ipynb_checkpoints/a-checkpoint.png': 0,
    'normal/@eaDir/a.png/SYNOPHOTO.png': 0,
    '.Trash-1000/files/t.png': 4,
  });
  for (const name of ['notes.txt', 'patients.csv', 'tumour/scan.mha']) writeFileSync(join(path, name), 'x');
  const rows = [
    'normal/a.png',
    'normal/b.jfif',
    'normal/c.dic',
    'tumour/slice 2.5mm 0',
    'tumour/slice 2.5mm 1',
  ];
  writeFileSync(
    join(path, 'patients.csv'),
    ['image,patient', ...rows.map((row, i) => `${row},${i}`)].join('\n'),
  );
  const { index, passedOver, layout } = await packed(path, { split: { share: 0.4 } });
  expect([...index.images].sort()).toEqual(rows);
  expect(index.pathologies!.map(({ name }) => name)).toEqual(['tumour']);
  expect(passedOver).toBe(3);
  expect(layout?.noImages).toEqual(['normal/.d.png', 'notes.txt', 'tumour/scan.mha']);
});

test('a folder that cannot be looked into is a fault among the others', async () => {
  const path = split();
  mkdirSync(Buffer.concat([Buffer.from(path), Buffer.from('/L\xe4sion', 'latin1')]));
  writeFileSync(join(path, 'tumour/broken.png'), 'x');
  const latin = expect.stringMatching(/^L\ufffdsion\/: expected a folder whose name is UTF-8, got another/);
  expect(await faults(path)).toEqual([latin, expect.stringMatching(/: tumour\/broken\.png: expected a PNG/)]);
  rmSync(join(path, 'normal'), { recursive: true });
  expect(await faults(path)).toEqual([
    latin,
    expect.stringMatching(/expected data\.json .* got the folders/),
  ]);
  const folders = { normal: ['normal'], abnormal: ['cyst'], unlabeled: [] };
  expect(await faults(path, { folders })).toEqual([latin, expect.stringMatching(/^--normal: expected/)]);
});

test('folders that are no pathologies are named, no labels.csv; one says in their place what images show', async () => {
  const path = folder({ 'normal/a.png': 0, 'normal/b.png': 1, 'a;b/c.png': 10, 'a;b/d.png': 11 });
  expect(await faults(path, { split: { share: 0.5 } })).toEqual([
    'a;b/: expected a name of a pathology, without ";", got "a;b" (a labels.csv says what images show in place of folders)',
  ]);
  writeFileSync(join(path, 'labels.csv'), 'image,pathology\na;b/c.png,a\na;b/c.png,b\n');
  const { index } = await packed(path, { split: { share: 0.5 } });
  expect(index.pathologies!.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('folders may be named', async () => {
  const path = folder({ 'no/0.png': 0, 'no/1.png': 1, 'yes/2.png': 2, 'pool/3.png': 3 });
  const folders = { normal: ['no'], abnormal: ['yes'], unlabeled: ['pool'] };
  const { index } = await packed(path, { folders, split: { share: 0.5 } });
  expect(index.train).toHaveLength(1);
  expect(index.unlabeled).toMatchObject({ labels: 'unknown', images: [1] });
  rmSync(join(path, 'yes'), { recursive: true });
  expect(await faults(path, { folders })).toEqual([
    '--abnormal: expected a folder with images below the dataset\'s, got "yes"',
  ]);
});

test('a folder that says nothing is told which ways there are', async () => {
  const [fault] = await faults(folder({ 'yes/0.png': 0, 'no/1.png': 1 }));
  expect(fault).toMatch(
    /expected data\.json .*--normal DIR --abnormal DIR.*, got the folders "no\/", "yes\/"$/,
  );
});
