import { describe, expect, test } from 'vitest';
import { page } from './parsed-page.testing.ts';
import { syntheticRun } from './synthetic-run.testing.ts';

describe('what needs no network', () => {
  const data = syntheticRun({ normal: 30, abnormal: 30, side: 16 });

  test('says what grey levels alone would give, and warns where that is as much', async () => {
    const { test: images } = data;
    // Means 30 ... 59, rising with the place: the abnormal ones, which come last, are the brighter ones.
    const side = images!.side;
    const pixels = async (places: readonly number[]) =>
      Uint8Array.from({ length: places.length * side ** 2 }, (_, at) => places[Math.floor(at / side ** 2)]!);
    const { texts } = await page({ ...data, test: { ...images!, pixels } });
    expect(texts('#without-network')[0]).toContain('mean grey 100.0\u00a0%, contrast 50.0\u00a0%');
    expect(texts('#scores .note.warning').join()).toContain('mean grey alone tells normal from abnormal');
    // All alike: nothing to warn of.
    const flat = async (places: readonly number[]) => new Uint8Array(places.length * side ** 2);
    const other = await page({ ...data, test: { ...images!, pixels: flat } });
    expect(other.texts('#without-network')[0]).toContain('mean grey 50.0');
    expect(other.texts('#scores .note.warning').join()).not.toContain('alone tells');
  });

  test('says what sizes and formats of the files alone tell, and warns of them too', async () => {
    const separations = [
      { of: 'original size', auc: 0.5 },
      { of: 'file format', auc: 1 },
    ];
    const { texts } = await page({ ...data, separations });
    expect(texts('#without-network')[0]).toContain('original size 50.0\u00a0%, file format 100.0\u00a0%');
    expect(texts('#scores .note.warning').join()).toContain('file format alone tell normal from abnormal');
  });

  test('what tells nothing by itself is no warning, however poor the scores are', async () => {
    const flat = async (places: readonly number[]) => new Uint8Array(places.length * data.test!.side ** 2);
    const inverted = Object.keys(data.result.scores!).map((name) => [name, { auc: 0.2, ap: 0.4 }] as const);
    const { texts } = await page({
      ...data,
      result: { ...data.result, scores: Object.fromEntries(inverted) },
      test: { ...data.test!, pixels: flat },
      separations: [
        { of: 'original size', auc: 0.5 },
        { of: 'file format', auc: 0.6 },
      ],
    });
    const notes = texts('#scores .note.warning').join();
    expect(notes).toContain('Trivial? file format alone tells normal from abnormal');
  });
});
