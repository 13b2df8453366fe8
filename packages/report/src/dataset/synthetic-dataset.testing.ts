import type { DatasetIndex } from '@ddad/contract';
import { describeDataset } from '@ddad/dataset';
import type { DatasetFacts } from './build-dataset-page.ts';

/**
 * A dataset of made-up images: 30 in training, 10 and 10 unlabeled, 10 and 10 of test. 40 is a copy of 0, and 50 shows
 * the picture of 1 at half the brightness.
 */
export function syntheticDataset(side = 32): DatasetFacts {
  const count = 70;
  const area = side * side;
  const pixels = new Uint8Array(count * area);
  for (let image = 0; image < count; image++) {
    for (let at = 0; at < area; at++) {
      const [x, y] = [(at % side) / side, Math.floor(at / side) / side];
      const wave =
        Math.sin(image * 1.7 + x * (3 + (image % 7))) * Math.cos(image * 0.9 + y * (2 + (image % 5)));
      // Detail of all frequencies, which real images have as well.
      const noise = Math.sin(((at * (image + 3) * 7919) % 9973) * 1.3);
      pixels[image * area + at] = 128 + 70 * wave + 50 * noise;
    }
  }
  pixels.copyWithin(40 * area, 0, area);
  pixels.set(
    pixels.subarray(area, 2 * area).map((grey) => grey / 2),
    50 * area,
  );
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const index: DatasetIndex = {
    format: 1,
    imageSize: side,
    images: range(0, count).map((image) => `image <${image}>.png`),
    train: range(0, 30),
    unlabeled: { labels: 'known', normal: range(30, 40), abnormal: range(60, 70) },
    test: { labels: 'known', normal: range(40, 50), abnormal: range(50, 60) },
    validation: [],
    copies: [[0, 40]],
    synthetic: true,
    pathologies: [{ name: 'cyst', images: [50, 51, 60] }],
    patients: range(0, count).map((image) => 1 + Math.floor(image / 10)),
  };
  return {
    record: {
      name: 'waves',
      digest: 'e'.repeat(64),
      addedAt: '2026-01-02T03:04:05.000Z',
      counts: { train: 30, unlabeled: 20, test: 20, validation: 0, copies: 1 },
      synthetic: true,
    },
    index,
    pixels,
    description: describeDataset(index, pixels, { sample: 20, seed: 1 }),
  };
}
