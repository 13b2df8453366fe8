import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeMissing, filesBelow, findImages, lookBelow } from './find-images.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

let trees = 0;
function tree(...paths: string[]): string {
  const root = join(dir, `tree-${++trees}`);
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  return root;
}

describe('images below a folder', () => {
  test('are found at any depth', async () => {
    const root = tree('a.png', 'x/b.png', 'x/y/z/c.jpg', 'x/other.png');
    const { files, missing, faults } = await findImages(root, ['c.jpg', 'a.png', 'b.png', 'd.png']);
    expect([...files]).toEqual([
      ['c.jpg', join(root, 'x/y/z/c.jpg')],
      ['a.png', join(root, 'a.png')],
      ['b.png', join(root, 'x/b.png')],
    ]);
    expect(missing).toEqual(['d.png']);
    expect(faults).toEqual([]);
  });

  test('may have another extension; a file of the very name comes first', async () => {
    const root = tree(
      'dicom/50a4.dicom',
      'dicom/21a1.DCM',
      'b/31.dcm',
      'png/31.png',
      '7.txt',
      '8.tar.dcm',
      '9.jfif',
    );
    const names = ['50a4.png', '21a1.png', '31.png', '7.png', '8.png', '9.jpg'];
    const { files, missing } = await findImages(root, names);
    expect([...files.values()]).toEqual([
      join(root, 'dicom/50a4.dicom'),
      join(root, 'dicom/21a1.DCM'),
      join(root, 'png/31.png'),
      join(root, '9.jfif'),
    ]);
    expect(missing).toEqual(['7.png', '8.png']);
  });

  test('that more than one file could be are named with their places', async () => {
    const root = tree('image/0001.jpg', 'attention_map/0001.jpg', 'a/2.dcm', 'b/2.png', 'image/3.jpg');
    const names = ['0001.jpg', '2.jpg', '3.jpg'];
    const { files, faults } = await findImages(root, names);
    expect([...files.keys()]).toEqual(['3.jpg']);
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      '0001.jpg: expected one file, got "attention_map/0001.jpg", "image/0001.jpg"; --only GLOB chooses among them',
      '2.jpg: expected one file, got "a/2.dcm", "b/2.png"; --only GLOB chooses among them',
    ]);
    const chosen = await findImages(root, names, '{image,a}/*');
    expect(chosen.faults).toEqual([]);
    expect([...chosen.files.values()].map((path) => path.slice(root.length))).toEqual([
      '/image/0001.jpg',
      '/a/2.dcm',
      '/image/3.jpg',
    ]);
  });

  test('listed with a directory are found only in such a one', async () => {
    const root = tree('x/train/1.png', 'x/test/1.png', 'x/latest/2.png');
    const { files, missing } = await findImages(root, ['train/1.png', 'test/1.jpg', 'test/2.png']);
    expect([...files.values()]).toEqual([join(root, 'x/train/1.png'), join(root, 'x/test/1.png')]);
    expect(missing).toEqual(['test/2.png']);
  });

  test('are found through links, also those that lead back', async () => {
    const root = tree('x/a.png');
    const elsewhere = tree('b.png');
    symlinkSync(root, join(root, 'x/back'));
    symlinkSync(elsewhere, join(root, 'linked'));
    symlinkSync(join(elsewhere, 'b.png'), join(root, 'c.png'));
    symlinkSync('/nowhere', join(root, 'd.png'));
    const { files, missing, faults } = await findImages(root, ['a.png', 'b.png', 'c.png', 'd.png']);
    expect([...files.keys()]).toEqual(['a.png', 'b.png', 'c.png']);
    expect(missing).toEqual(['d.png']);
    expect(faults).toEqual([]);
  });

  test('are not looked for in hidden folders and those that systems make, which are counted', async () => {
    const systems = [
      ...['.Trash-1000', '.ipynb_checkpoints', '@eaDir', '.snapshot', '.git', '#recycle', '$RECYCLE.BIN'],
      ...['lost+found', 'System Volume Information', '__MACOSX'],
    ];
    const root = tree('x/a.png', 'x/#1/b.png', '._a.png', ...systems.map((name) => `x/${name}/y/a.png`));
    const { files, missing, faults, passedOver } = await findImages(root, ['a.png', 'b.png']);
    expect([...files.values()]).toEqual([join(root, 'x/a.png'), join(root, 'x/#1/b.png')]);
    expect({ missing, faults }).toEqual({ missing: [], faults: [] });
    expect(passedOver).toBe(systems.length + 1);
    // What is named is looked into, whatever it is called.
    expect((await lookBelow(join(root, 'x/.git'))).files).toEqual(['y/a.png']);
  });

  test('are found beside folders that cannot be looked into, which are faults', async () => {
    const root = tree('x/a.png', 'z/b.png');
    const latin = Buffer.from('/x/L\xe4sion', 'latin1');
    mkdirSync(Buffer.concat([Buffer.from(root), latin]));
    const { files, missing, faults } = await findImages(root, ['a.png', 'b.png', 'c.png']);
    expect([...files.keys()]).toEqual(['a.png', 'b.png']);
    expect(missing).toEqual(['c.png']);
    expect(faults).toEqual([
      {
        path: 'x/L\ufffdsion/',
        message:
          'expected a folder whose name is UTF-8, got another encoding, as archives made on Windows have (rename it)',
      },
    ]);
    await expect(filesBelow(root)).rejects.toThrow(
      /^x\/L\ufffdsion\/: expected a folder whose name is UTF-8/,
    );
    const gone = join(root, 'gone');
    expect(await lookBelow(gone)).toEqual({
      files: [],
      passedOver: 0,
      faults: [{ path: gone, message: 'expected a folder that can be read, got no such file' }],
    });
  });
});

test('missing images are counted, the first twenty named', () => {
  expect(describeMissing(['a.png'], 3)).toBe('1 of 3 listed images is missing: "a.png"');
  const many = Array.from({ length: 22 }, (_, i) => `${i}.png`);
  expect(describeMissing(many, 30)).toMatch(
    /^22 of 30 listed images are missing: "0\.png", .*"19\.png", and 2 more$/,
  );
});
