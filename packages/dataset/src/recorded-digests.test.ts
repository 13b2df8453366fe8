import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeImage } from './decode-image.ts';
import { packDataset } from './pack.ts';
import { writePhantom } from './phantom.ts';
import { runPillow, scratchFolder } from './testing-pillow.ts';

// Keys of finished members hold digests of packed pixels: a file that was read right must go on giving the same bytes.

const { dir, remove } = scratchFolder();
afterAll(remove);
const script = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
beforeAll(() => {
  runPillow(script('raster/every-mode.testing.py'), dir);
  runPillow(script('dicom/reference.testing.py'), dir);
});

const recorded = JSON.parse(script('recorded-digests.testing.json')) as Record<string, string>;

test('files of every mode give the pixels that they gave before', async () => {
  const found: Record<string, string> = {};
  for (const name of readdirSync(dir).filter((file) => file in recorded)) {
    const { image } = await decodeImage(readFileSync(join(dir, name)));
    const hash = createHash('sha256').update(`${image.width}x${image.height}\n`).update(image.pixels);
    found[name] = hash.digest('hex').slice(0, 16);
  }
  expect(found).toEqual(recorded);
});

test('a packed dataset has the digest that it had before', async () => {
  const folder = join(dir, 'phantom');
  const counts = { train: 4, unlabeledNormal: 2, unlabeledAbnormal: 3, testNormal: 2, testAbnormal: 2 };
  await writePhantom(folder, { seed: 3, ...counts });
  const packed = await packDataset(folder);
  expect('digest' in packed && packed.digest).toBe(
    'c1fb3e5e9d669f5db26d463e132374de213862359f026803ddd3a0903f0fe205',
  );
});
