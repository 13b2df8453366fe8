import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findImages } from './find-images.ts';
import { packDataset } from './pack.ts';
import { writePhantom } from './phantom.ts';
import { parseRepartition } from './repartition.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);
const [nfc, nfd] = ['Müller.png'.normalize('NFC'), 'Müller.png'.normalize('NFD')];

/** A phantom of 2 + 2 images whose first one has another name on disk and in its list. */
async function phantom(onDisk: string, listed: string, files: Record<string, string | Buffer> = {}) {
  const folder = join(dir, Math.random().toString(36).slice(2));
  const counts = { train: 2, unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 1, testAbnormal: 1 };
  await writePhantom(folder, { seed: 4, ...counts });
  const text = readFileSync(join(folder, 'data.json'), 'utf8');
  const [first] = parseRepartition(text).images;
  renameSync(join(folder, 'images', first!.name), join(folder, 'images', onDisk));
  writeFileSync(join(folder, 'data.json'), text.replace(first!.name, listed));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const packed = await packDataset(folder);
  return 'faults' in packed ? packed.faults.map(({ path, message }) => `${path}: ${message}`) : packed.index;
}

describe('an accent as one character or as two', () => {
  test.each([
    [nfc, nfd],
    [nfd, nfc],
    [nfd, nfd],
  ])('%j on disk is %j in a list', async (onDisk, listed) => {
    expect(await phantom(onDisk, listed)).toMatchObject({ train: [0, 1] });
  });

  test('makes one image, listed twice', () => {
    const text = JSON.stringify({ train: { '0': [nfc, nfd] } });
    expect(parseRepartition(text).faults).toEqual([
      {
        path: 'train.0.1',
        message: `expected every image once, got "${nfd}" again, listed at train.0.0 already`,
      },
    ]);
  });

  test('is found in a search', async () => {
    const folder = join(dir, 'search');
    mkdirSync(folder);
    for (const name of [nfd, `._${nfd}`, '.DS_Store', 'Thumbs.db']) writeFileSync(join(folder, name), '');
    const found = await findImages(folder, [nfc]);
    expect([...found.files]).toEqual([[nfc, join(folder, nfd)]]);
    expect(found.passedOver).toBe(3);
  });
});

test('a patients.csv in Latin-1 is refused: two names would be one patient', async () => {
  const files = { 'patients.csv': Buffer.from('image,patient\nMüller.png,Möller\n', 'latin1') };
  expect(await phantom('a.png', 'a.png', files)).toEqual([
    'patients.csv: expected a CSV file, got text in another encoding than UTF-8, from line 2 on (save it as UTF-8)',
  ]);
});

test('further columns of a CSV are passed over', async () => {
  const names = parseRepartition('{"train": {"0": ["a.png"]}}').images;
  const { readPatients } = await import('./patients.ts');
  const text = 'slice,image,site,patient\n4,a.png,Bern,P1\n';
  expect(readPatients(text, 'patients.csv', names)).toEqual({ patients: ['P1'], faults: [] });
});
