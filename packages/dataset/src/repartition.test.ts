import { describe, expect, test } from 'vitest';
import { parseRepartition } from './repartition.ts';

const read = (data: unknown) => parseRepartition(JSON.stringify(data));
const faultsOf = (data: unknown) => read(data).faults.map(({ path, message }) => `${path}: ${message}`);

describe('forms of data.json', () => {
  test('unlabeled and test images with labels, and validation', () => {
    const { repartition, faults } = read({
      train: { '0': ['a.png', 'b.png'], unlabeled: { '0': ['c.png'], '1': ['d.png'] } },
      test: { '0': ['e.png'], '1': ['f.png', 'g.png'] },
      validation: { '0': ['h.png'] },
    });
    expect(faults).toEqual([]);
    expect(repartition).toEqual({
      train: ['a.png', 'b.png'],
      unlabeled: { labels: 'known', normal: ['c.png'], abnormal: ['d.png'] },
      test: { labels: 'known', normal: ['e.png'], abnormal: ['f.png', 'g.png'] },
      validation: ['h.png'],
      synthetic: false,
    });
  });

  test('flat lists say that labels are unknown', () => {
    const { repartition } = read({ train: { '0': ['a'], unlabeled: ['b', 'c'] }, test: ['d'] });
    expect(repartition?.unlabeled).toEqual({ labels: 'unknown', images: ['b', 'c'] });
    expect(repartition?.test).toEqual({ labels: 'unknown', images: ['d'] });
  });

  test('absent and empty parts are the same', () => {
    const none = { labels: 'none' };
    expect(read({ train: { '0': ['a'] } }).repartition).toMatchObject({ unlabeled: none, test: none });
    const empty = { train: { '0': ['a'], unlabeled: { '0': [], '1': [] } }, test: [] };
    expect(read(empty).repartition).toMatchObject({ unlabeled: none, test: none, validation: [] });
  });

  test('one label may be missing among unlabeled images', () => {
    const { repartition } = read({ train: { '0': ['a'], unlabeled: { '1': ['b'] } } });
    expect(repartition?.unlabeled).toEqual({ labels: 'known', normal: [], abnormal: ['b'] });
  });

  test('a synthetic dataset says so, and a byte order mark does not matter', () => {
    const text = `\uFEFF${JSON.stringify({ synthetic: true, train: { '0': ['sub/a.png'] } })}`;
    expect(parseRepartition(text).repartition).toMatchObject({ synthetic: true, train: ['sub/a.png'] });
  });
});

describe('faults of data.json', () => {
  test('malformed JSON is placed by line and column', () => {
    const { faults, repartition } = parseRepartition('{\n  "train": {"0": ["a.png",]}\n}');
    expect(repartition).toBeNull();
    expect(faults).toEqual([
      { path: 'data.json', message: 'expected JSON, got a fault at line 2, column 27: value expected' },
    ]);
    expect(parseRepartition('').faults[0]?.message).toContain('line 1, column 1');
    expect(parseRepartition('{"train": {"0": ["a"').faults[0]?.message).toContain('line 1, column 21');
  });

  test('a key given twice would lose the first list', () => {
    expect(parseRepartition('{"train": {"0": ["a"],\n "0": ["b"]}}').faults).toEqual([
      { path: 'data.json', message: 'expected every key once, got "0" again at line 2, column 2' },
    ]);
  });

  test('no training normals', () => {
    expect(faultsOf({ train: { '0': [] } })).toEqual([
      'train.0: expected at least one normal training image, got []',
    ]);
    expect(faultsOf({ train: {} })).toEqual(['train.0: expected a list of file names, got nothing']);
    expect(faultsOf({})).toEqual(['train: expected {"0": [normal images], "unlabeled": ...}, got nothing']);
  });

  test('abnormal images in training normals', () => {
    expect(faultsOf({ train: { '0': ['a'], '1': ['b'] } })).toEqual([
      'train.1: expected no abnormal images in train (they belong in train.unlabeled, or nowhere: D_n is normal), got ["b"]',
    ]);
  });

  test('test images of one label only', () => {
    expect(faultsOf({ train: { '0': ['a'] }, test: { '0': ['b'] } })[0]).toContain(
      'test: expected test images of both labels',
    );
  });

  test('unknown keys at every level', () => {
    expect(
      faultsOf({
        train: { '0': ['a'], unlabeled: { '2': ['b'] }, x: 1 },
        test: { y: [] },
        validation: { '1': [] },
        z: 0,
      }).sort(),
    ).toEqual([
      'test.y: unknown field',
      'train.unlabeled.2: unknown field',
      'train.x: unknown field',
      'validation.1: unknown field',
      'z: unknown field',
    ]);
  });

  test.for(['../x.png', '/etc/passwd', 'a/../../x', './a.png', 'a//b.png', '..\\x.png', '', 'a\0b'])(
    'a name that leaves images/ or has two spellings: %j',
    (name) => {
      const { faults, images } = read({ train: { '0': ['a.png', name] } });
      expect(faults).toHaveLength(1);
      expect(faults[0]?.path).toBe('train.0.1');
      expect(faults[0]?.message).toMatch(/^expected a file name inside images\//);
      expect(images.map((image) => image.name)).toEqual(['a.png']);
    },
  );

  test('a name listed twice, in one part or in two', () => {
    expect(
      faultsOf({
        train: { '0': ['a', 'b', 'a'], unlabeled: ['c'] },
        test: { '0': ['b'], '1': ['d'] },
        validation: { '0': ['c'] },
      }),
    ).toEqual([
      'train.0.2: expected every image once, got "a" again, listed at train.0.0 already',
      'test.0.0: expected every image once, got "b" again, listed at train.0.1 already',
      'validation.0.0: expected every image once, got "c" again, listed at train.unlabeled.0 already',
    ]);
  });

  test('wrong types say what was expected and what came', () => {
    expect(
      faultsOf({ train: { '0': 'a.png', unlabeled: 4 }, test: { '0': [1], '1': ['b'] }, synthetic: 1 }),
    ).toEqual([
      'train.0: expected a list of file names, got "a.png"',
      'train.unlabeled: expected {"0": [normal images], "1": [abnormal images]} or a flat list, got 4',
      'test.0.0: expected a file name in images/, got 1',
      'synthetic: expected true or false, got 1',
    ]);
    expect(faultsOf([])[0]).toMatch(/^data\.json: expected an object with "train".*, got \[\]$/);
  });
});
