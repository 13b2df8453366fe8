import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packDataset } from './pack.ts';
import { writePhantom } from './phantom.ts';
import { parseRepartition } from './repartition.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);
/** Positions: train 0 1, unlabeled 2 (normal) 3 4 (abnormal), test 5 6 (normal) 7 8 (abnormal). */
const phantom = join(dir, 'phantom');
beforeAll(async () => {
  const counts = { train: 2, unlabeledNormal: 1, unlabeledAbnormal: 2, testNormal: 2, testAbnormal: 2 };
  await writePhantom(phantom, { seed: 4, ...counts });
});

let copies = 0;
/** The phantom with other files beside it. */
function folder(files: Record<string, string>): string {
  const copy = join(dir, `copy-${++copies}`);
  cpSync(phantom, copy, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(copy, name), text);
  return copy;
}

/** The phantom's images in folders of their own, and data.json as a published list. */
function scattered(): { images: string; list: string } {
  const images = join(dir, `scattered-${++copies}`);
  readdirSync(join(phantom, 'images')).forEach((name, i) => {
    mkdirSync(join(images, `part-${i % 3}`), { recursive: true });
    cpSync(join(phantom, 'images', name), join(images, `part-${i % 3}`, name));
  });
  return { images, list: join(phantom, 'data.json') };
}

async function packed(...given: Parameters<typeof packDataset>) {
  const result = await packDataset(...given);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result;
}
async function faults(...given: Parameters<typeof packDataset>) {
  const result = await packDataset(...given);
  return 'faults' in result ? result.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}
const nameAt = (position: number) =>
  parseRepartition(readFileSync(join(phantom, 'data.json'), 'utf8')).images[position]!.name;

describe('beside data.json', () => {
  test('labels.csv and patients.csv go into the index, patients as numbers alone', async () => {
    const labels = `image,pathology\n${nameAt(8)},tumour\n${nameAt(3)},tumour\n`;
    const patients = [4, 4, 7, 7, 7, 1, 2, 2, 3].map((id, position) => `${nameAt(position)},Jane-${id}`);
    const files = { 'labels.csv': labels, 'patients.csv': `image,patient\n${patients.join('\n')}` };
    const { index, digest } = await packed(folder(files));
    expect(index.pathologies).toEqual([{ name: 'tumour', images: [3, 8] }]);
    expect(index.patients).toEqual([1, 1, 2, 2, 2, 3, 4, 4, 5]);
    expect(JSON.stringify(index)).not.toContain('Jane');
    expect(digest).not.toBe((await packed(phantom)).digest);
  });

  test('without them the index is what it was before they existed', async () => {
    const { index } = await packed(phantom);
    expect(index).not.toHaveProperty('pathologies');
    expect(index).not.toHaveProperty('patients');
  });

  test('faults of data.json, of both and of images are listed together', async () => {
    const copy = folder({ 'labels.csv': 'image,pathology\nwho,x\n', 'patients.csv': 'image\n' });
    rmSync(join(copy, 'images', nameAt(0)));
    const data = JSON.parse(readFileSync(join(copy, 'data.json'), 'utf8')) as { test: { 1: string[] } };
    data.test[1].push(nameAt(1));
    writeFileSync(join(copy, 'data.json'), JSON.stringify(data));
    const found = await faults(copy);
    expect(found).toHaveLength(4);
    expect(found[0]).toMatch(/^test\.1\.2: expected every image once/);
    expect(found[1]).toMatch(/^labels\.csv line 2: /);
    expect(found[2]).toMatch(
      /^patients\.csv line 1: expected the header image,patient, with further columns or none, got "image"/,
    );
    expect(found[3]).toMatch(/^train\.0\.0: images\/.*no such file/);
  });

  test('of names in images/ and in the folder itself those in images/ are meant', async () => {
    const copy = folder({});
    for (let position = 0; position < 9; position++) writeFileSync(join(copy, nameAt(position)), 'no image');
    expect((await packed(copy)).digest).toBe((await packed(phantom)).digest);
    rmSync(join(copy, 'images'), { recursive: true });
    mkdirSync(join(copy, 'images'));
    for (let position = 0; position < 9; position++) rmSync(join(copy, nameAt(position)));
    expect((await faults(copy))[0]).toMatch(/^train\.0\.0: images\/.*no such file/);
  });

  test('files may lie elsewhere, but must be there then', async () => {
    const labels = join(dir, 'elsewhere.csv');
    writeFileSync(labels, `image,pathology\n${nameAt(7)},cyst\n`);
    expect((await packed(phantom, { labels })).index.pathologies).toEqual([{ name: 'cyst', images: [7] }]);
    expect(await faults(phantom, { labels: '/nowhere/labels.csv', patients: dir })).toEqual([
      '/nowhere/labels.csv: expected a CSV file, got no such file',
      `${dir}: expected a CSV file, got EISDIR`,
    ]);
  });
});

describe('with a repartition file', () => {
  test('images at any depth make the dataset that they make in images/', async () => {
    const { images, list } = scattered();
    expect(await packed(images, { repartition: list })).toEqual(await packed(phantom));
  });

  test('missing images are a fault that names them', async () => {
    const { images, list } = scattered();
    for (const position of [0, 7])
      rmSync(
        join(
          images,
          `part-${readdirSync(join(phantom, 'images')).indexOf(nameAt(position)) % 3}`,
          nameAt(position),
        ),
      );
    expect(await faults(images, { repartition: list })).toEqual([
      `data.json: 2 of 9 listed images are missing: "${nameAt(0)}", "${nameAt(7)}" below the folder; --skip-missing goes on without them`,
    ]);
    const labels = join(dir, 'skipping.csv');
    writeFileSync(labels, `image,pathology\n${nameAt(7)},gone\n${nameAt(8)},left\n${nameAt(3)},left\n`);
    const { index, skipped } = await packed(images, { repartition: list, skipMissing: true, labels });
    expect(skipped).toEqual([nameAt(0), nameAt(7)]);
    const left = [1, 2, 3, 4, 5, 6, 8].map(nameAt);
    expect(index.images).toEqual(left);
    expect(index).toMatchObject({ train: [0], test: { normal: [4, 5], abnormal: [6] } });
    expect(index.pathologies).toEqual([{ name: 'left', images: [2, 6] }]);
  });

  test('what is left must make a dataset', async () => {
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    const list = join(phantom, 'data.json');
    const found = await faults(empty, { repartition: list, skipMissing: true });
    expect(found.join('\n')).toMatch(/train\.0: expected at least one normal training image/);
    expect(await faults(join(dir, 'none'), { repartition: list })).toEqual([
      `${join(dir, 'none')}: expected a folder of images, got none`,
    ]);
    expect(await faults(empty, { repartition: join(dir, 'no.json') })).toEqual([
      'no.json: expected a repartition file, of the form of data.json, got no such file',
    ]);
  });
});

const published = resolve(import.meta.dirname, '../../../../shared/data/repartitions');
describe.skipIf(!existsSync(published))("the authors' lists", () => {
  // D_n, unlabeled normal and abnormal, test normal and abnormal; counted in the files by other means (Python's json).
  test.each([
    ['RSNA', [3851, 4000, 5012, 1000, 1000]],
    ['VinCXR', [4000, 5606, 3394, 1000, 1000]],
    ['BrainTumor', [1000, 400, 600, 600, 600]],
    ['LAG', [1500, 832, 900, 811, 811]],
  ])('%s reads as it is', (name, counts) => {
    const { repartition, faults } = parseRepartition(readFileSync(join(published, `${name}.json`), 'utf8'));
    expect(faults).toEqual([]);
    const { train, unlabeled, test } = repartition!;
    if (unlabeled.labels !== 'known' || test.labels !== 'known') throw new Error('expected labels');
    const lists = [train, unlabeled.normal, unlabeled.abnormal, test.normal, test.abnormal];
    expect(lists.map(({ length }) => length)).toEqual(counts);
  });
});
