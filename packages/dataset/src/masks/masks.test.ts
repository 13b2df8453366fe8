import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { dicomFile } from '../dicom/dicom-file.testing.ts';
import { packed, packFaults } from '../pack.testing.ts';
import type { PackedDataset, PackOptions } from '../pack.ts';
import { isLossyWebp } from '../raster/webp-loss.ts';
import { runPillow, scratchFolder } from '../testing-pillow.ts';
import { matchMasks } from './match-masks.ts';
import { resizeNearest } from './resize-nearest.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

function folderOf(name: string, files: Record<string, Buffer | string>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name, file)), { recursive: true });
    writeFileSync(join(dir, name, file), content);
  }
  return join(dir, name);
}

const faults = async (folder: string, options: PackOptions = {}) =>
  (await packFaults(folder, options)).map(({ path, message }) => `${path}: ${message}`);

/** A grey PNG, or of the level that `inside` gives each pixel. */
const png = (width: number, height: number, inside: (x: number, y: number) => number = () => 90) =>
  sharp(
    Uint8Array.from({ length: width * height }, (_, i) => inside(i % width, Math.floor(i / width))),
    { raw: { width, height, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();

/** Positions of a mask's pixels that are inside. */
const inside = ({ masks, index }: PackedDataset, which: number): number[] => {
  const area = index.imageSize ** 2;
  const mask = masks!.subarray(which * area, (which + 1) * area);
  return [...mask.keys()].filter((at) => mask[at] === 1);
};
const corner = (x: number, y: number) => (x < 2 && y < 1 ? 1 : 0);

const lists = { train: { '0': ['t.png'] }, test: { '0': ['n.png'], '1': ['a.png', 'b.png', 'c.png'] } };
async function images() {
  const image = await png(64, 64);
  return Object.fromEntries(['t', 'n', 'a', 'b', 'c'].map((name) => [`images/${name}.png`, image]));
}

describe('masks beside images', () => {
  test('are packed in an object of their own: the pixels stay what they are', async () => {
    const files = { 'data.json': JSON.stringify(lists), ...(await images()) };
    const without = await packed(folderOf('without', files));
    const withMasks = folderOf('with', {
      ...files,
      'masks/c.png': await png(64, 64, corner),
      'masks/a.png': await png(64, 64, (x, y) => (x === 63 && y === 63 ? 255 : 0)),
      'masks/n.png': await png(64, 64, () => 0),
      // Of a training image, and of one that nobody lists.
      'masks/t.png': await png(64, 64, () => 1),
      'images/unlisted.png': await png(8, 8),
      'masks/unlisted.png': await png(9, 9),
      'masks/.DS_Store': 'x',
    });
    const seen: string[] = [];
    const onMaskProgress = (done: number, total: number) => seen.push(`${done}/${total}`);
    const found = await packed(withMasks, { imageSizes: [64, 32], onMaskProgress });
    expect(seen).toEqual(['1/3', '2/3', '3/3']);
    expect(found.index.masks?.images).toEqual([2, 4]);
    expect(inside(found, 0)).toEqual([4095]);
    expect(inside(found, 1)).toEqual([0, 1]);
    expect(found.pixels).toEqual(without.pixels);
    const { masks: _, ...index } = found.index;
    expect(index).toEqual(without.index);
    const small = found.others[0]!;
    expect(small.masks).toHaveLength(2 * 32 * 32);
    expect(small.index.masks?.digest).not.toBe(found.index.masks?.digest);
    const passed = await packed(withMasks, { masks: false });
    expect(passed.digest).toBe(without.digest);
    expect(passed.masks).toBeUndefined();
  });

  test('count whatever is above 0: 16 bits, palettes, one bit, colours, labels of volumes', async () => {
    const script = `
import sys
import numpy as np
from PIL import Image
place = sys.argv[1]
a = np.zeros((64, 64), np.uint16); a[3, 5] = 1
Image.fromarray(a).save(place + '/masks/a.tif')
p = Image.new('P', (64, 64)); p.putpalette([0, 0, 0, 0, 0, 1] + [0] * 762); p.putpixel((5, 3), 1)
p.save(place + '/masks/b.png')
one = Image.new('1', (64, 64)); one.putpixel((5, 3), 1)
one.save(place + '/masks/c.bmp')
`;
    const folder = folderOf('kinds', {
      'data.json': JSON.stringify(lists),
      ...(await images()),
      'masks/x': '',
    });
    runPillow(`${script}\nimport os; os.remove(place + '/masks/x')`, folder);
    const found = await packed(folder);
    for (const which of [0, 1, 2]) expect(inside(found, which)).toEqual([3 * 64 + 5]);
  });

  test('lie as their images do: EXIF applied to each, volumes cut by their own affine', async () => {
    const turned = await sharp(await png(60, 40))
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const two = { train: { '0': ['t.png'] }, test: { '0': ['n.png'], '1': ['a.png', 'b.png'] } };
    const mask = await png(60, 40, (x, y) => (x < 30 && y < 20 ? 1 : 0));
    const exif = folderOf('exif', {
      'data.json': JSON.stringify(two),
      ...(await images()),
      'images/a.png': turned,
      'images/b.png': turned,
      'masks/a.png': await sharp(mask).withMetadata({ orientation: 6 }).png().toBuffer(),
    });
    const found = await packed(exif);
    // Turned by 90° clockwise: the upper left quarter becomes the upper right one.
    expect(inside(found, 0)).toHaveLength(32 * 32);
    expect(inside(found, 0)[0]).toBe(32);
    writeFileSync(join(exif, 'masks/b.png'), mask);
    expect(await faults(exif)).toEqual([
      'masks/b.png: expected 40×60 pixels, as images/b.png has, got 60×40',
    ]);

    const script = `
import sys, gzip, struct
import numpy as np
def write(path, data, affine):
    head = bytearray(352)
    struct.pack_into('<i', head, 0, 348)
    struct.pack_into('<8h', head, 40, 3, *data.shape, 1, 1, 1, 1)
    struct.pack_into('<hh', head, 70, 4, 16)
    struct.pack_into('<8f', head, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into('<f', head, 108, 352)
    struct.pack_into('<hh', head, 252, 0, 2)
    for row in range(3): struct.pack_into('<4f', head, 280 + 16 * row, *affine[row])
    head[344:348] = b'n+1\\0'
    gzip.open(path, 'wb').write(bytes(head) + data.astype('<i2').tobytes(order='F'))
place = sys.argv[1]
eye = np.eye(4)
values = np.arange(64 * 64 * 3).reshape(64, 64, 3) % 997
write(place + '/images/v.nii.gz', values, eye)
labels = np.zeros((64, 64, 3)); labels[10, 20, 1] = 1; labels[11, 20, 1] = 4
# Stored from the other side: the same voxels by the affine.
flipped = np.diag([-1.0, 1, 1, 1]); flipped[0, 3] = 63
write(place + '/masks/v.nii.gz', labels[::-1], flipped)
write(place + '/short.nii.gz', labels[:, :, :2], eye)
`;
    const volume = folderOf('volume', {
      'data.json': JSON.stringify({ train: { '0': ['t.png'] }, test: { '0': ['n.png'], '1': ['v.nii.gz'] } }),
      ...(await images()),
      'masks/n.png': await png(64, 64, () => 0),
    });
    runPillow(script, volume);
    const slices = { axis: 'axial', every: 1, minForeground: 0 } as const;
    const cut = await packed(volume, { slices });
    expect(cut.index.images.slice(2)).toEqual(['v.nii.gz#0', 'v.nii.gz#1', 'v.nii.gz#2']);
    expect(cut.index.masks?.images).toEqual([2, 3, 4]);
    // Right is at the left, anterior at the top: column 63 - x, row 63 - y.
    expect(inside(cut, 1)).toEqual([(63 - 20) * 64 + 52, (63 - 20) * 64 + 53]);
    expect([inside(cut, 0), inside(cut, 2)]).toEqual([[], []]);
    copyFileSync(join(volume, 'short.nii.gz'), join(volume, 'masks/v.nii.gz'));
    expect(await faults(volume, { slices })).toEqual([
      'masks/v.nii.gz: expected 64×64×3 pixels, as images/v.nii.gz has, got 64×64×2',
      'masks/v.nii.gz: expected a slice of 0 to 1, got 2',
    ]);
  });

  test('of volumes lie where their volumes do, however both are stored: every one that does not is named', async () => {
    const script = `
import sys, struct
import numpy as np
def write(path, data, affine, sform=2):
    head = bytearray(352)
    struct.pack_into('<i', head, 0, 348)
    struct.pack_into('<8h', head, 40, 3, *data.shape, 1, 1, 1, 1)
    struct.pack_into('<hh', head, 70, 2, 8)
    struct.pack_into('<8f', head, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into('<f', head, 108, 352)
    struct.pack_into('<hh', head, 252, 0, sform)
    if sform > 0:
        for row in range(3): struct.pack_into('<4f', head, 280 + 16 * row, *affine[row])
    head[344:348] = b'n+1\\0'
    open(path, 'wb').write(bytes(head) + data.astype('u1').tobytes(order='F'))
place = sys.argv[1]
values = np.arange(64 * 64 * 2).reshape(64, 64, 2) % 97
labels = np.zeros((64, 64, 2)); labels[4:14, 8, :] = 1
lps = np.diag([-1.0, -1, 1, 1]); lps[:3, 3] = 90, 110, 0
for name in ('same', 'turned', 'near', 'eye', 'moved', 'none'): write(f'{place}/images/{name}.nii', values, lps)
for name in ('both', 'only', 'base'): write(f'{place}/images/{name}.nii', values, None, 0)
write(place + '/masks/same.nii', labels, lps)
# The same voxels, stored from the other sides and with the slices' axis in front.
turned = np.array([[0, 1.0, 0, 27], [0, 0, 1, 47], [1, 0, 0, 0]])
write(place + '/masks/turned.nii', labels[::-1, ::-1].transpose(2, 0, 1), turned)
by = lambda x: lps + np.array([[0, 0, 0, x], [0] * 4, [0] * 4, [0] * 4])
write(place + '/masks/near.nii', labels, by(0.05))
write(place + '/masks/eye.nii', labels, np.eye(4))
write(place + '/masks/moved.nii', labels, by(0.6))
write(place + '/masks/none.nii', labels, None, 0)
write(place + '/masks/both.nii', labels, None, 0)
write(place + '/masks/only.nii', labels, np.eye(4))
# As nibabel saves what it takes for the affine of a volume without one.
base = np.diag([-1.0, 1, 1, 1]); base[:3, 3] = 31.5, -31.5, -0.5
write(place + '/masks/base.nii', labels, base)
`;
    const right = ['same', 'turned', 'near', 'both', 'base'].map((name) => `${name}.nii`);
    const wrong = ['eye', 'moved', 'none', 'only'].map((name) => `${name}.nii`);
    const listOf = (abnormal: string[]) =>
      JSON.stringify({ train: { '0': ['t.png'] }, test: { '0': ['n.png'], '1': abnormal } });
    const folder = folderOf('grids', {
      'data.json': listOf([...right, ...wrong]),
      ...(await images()),
      'masks/n.png': await png(64, 64, () => 0),
    });
    runPillow(script, folder);
    const slices = { axis: 'axial', every: 1, minForeground: 0 } as const;
    const untold = ', which has no affine (neither sform nor qform)';
    const away = (voxels: string) => `: by the affines a corner lies ${voxels} voxels away`;
    const other = (name: string) => `masks/${name}: expected the grid of its volume, images/${name}`;
    expect(await faults(folder, { slices })).toEqual([
      `${other('eye.nii')}, got another${away('47.0')}`,
      `${other('moved.nii')}, got another${away('0.6')}`,
      `${other('none.nii')}, got another${untold}${away('78.5')}`,
      `${other('only.nii')}${untold}, got another${away('31.5')}`,
    ]);
    for (const name of wrong) rmSync(join(folder, 'masks', name));
    writeFileSync(join(folder, 'data.json'), listOf(right));
    const found = await packed(folder, { slices });
    expect(found.index.masks!.images).toHaveLength(2 * right.length);
    for (const which of found.index.masks!.images.keys()) {
      const row = inside(found, which).map((at) => Math.floor(at / 64));
      // Without an affine y rises to the front, which is at the top.
      expect(row).toEqual(new Array(10).fill(which < 6 ? 8 : 63 - 8));
    }
  });

  test('of a DICOM image have its own rows and columns', async () => {
    const folder = folderOf('dicom', {
      'data.json': JSON.stringify({ train: { '0': ['t.png'] }, test: { '0': ['n.png'], '1': ['a.dcm'] } }),
      ...(await images()),
      'images/a.dcm': dicomFile({
        patient: '',
        name: '',
        columns: 20,
        values: Array.from({ length: 300 }, (_, i) => i),
      }),
      'masks/a.png': await png(20, 15, corner),
    });
    expect((await packed(folder)).index.masks?.images).toEqual([2]);
  });

  test('in NIfTI are those of NIfTI volumes alone: frames of DICOM count otherwise, and lie in no affine', async () => {
    const values = Array.from({ length: 300 }, (_, i) => i);
    const frames = dicomFile({ patient: '', name: '', columns: 10, values, frames: 3 });
    const two = { train: { '0': ['t.png'] }, test: { '0': ['n.png'], '1': ['a.dcm', 'b.png'] } };
    const folder = folderOf('nifti-of-frames', {
      'data.json': JSON.stringify(two),
      ...(await images()),
      'images/a.dcm': frames,
    });
    const script = `
import sys, gzip, struct
head = bytearray(352)
struct.pack_into('<i', head, 0, 348)
struct.pack_into('<8h', head, 40, 3, 10, 10, 3, 1, 1, 1, 1)
struct.pack_into('<hh', head, 70, 2, 8)
struct.pack_into('<f', head, 108, 352)
head[344:348] = b'n+1\\0'
volume = bytes(head) + bytes([1] * 300)
open(sys.argv[1] + '/masks/b.nii', 'wb').write(volume)
gzip.open(sys.argv[1] + '/masks/a.nii.gz', 'wb').write(volume)
`;
    mkdirSync(join(folder, 'masks'));
    runPillow(script, folder);
    const wanted = 'expected a mask as PNG, TIFF, WebP, BMP or GIF, of an image that is no NIfTI volume';
    const slices = { axis: 'axial', every: 1, minForeground: 0 } as const;
    writeFileSync(join(folder, 'images/v.nii'), readFileSync(join(folder, 'masks/b.nii')));
    const withVolume = { ...two, test: { ...two.test, '1': [...two.test['1'], 'v.nii'] } };
    writeFileSync(join(folder, 'data.json'), JSON.stringify(withVolume));
    expect(await faults(folder, { slices })).toEqual([
      `masks/a.nii.gz: ${wanted}, got a gzip file`,
      `masks/b.nii: ${wanted}, got NIfTI`,
    ]);
    rmSync(join(folder, 'masks/a.nii.gz'));
    rmSync(join(folder, 'masks/b.nii'));
    const mask = await png(10, 10, corner);
    for (const frame of [1, 3]) writeFileSync(join(folder, `masks/a#${frame}.png`), mask);
    const { index } = await packed(folder, { slices });
    expect(index.masks!.images.map((at) => index.images[at])).toEqual(['a.dcm#1', 'a.dcm#3']);
  });

  test('that do not keep values are refused, whatever holds them', async () => {
    const pixels = sharp(await png(64, 64, corner)).toColourspace('srgb');
    const lossy = {
      'masks/a.webp': await pixels.clone().webp({ quality: 80 }).toBuffer(),
      'masks/b.webp': await pixels.clone().ensureAlpha(0.5).webp({ quality: 80 }).toBuffer(),
      'masks/c.tif': await pixels.clone().tiff({ compression: 'jpeg' }).toBuffer(),
      'masks/n.tif': await pixels.clone().tiff({ compression: 'jpeg', bigtiff: true }).toBuffer(),
    };
    expect(lossy['masks/n.tif'][2]).toBe(43);
    const animated = [Buffer.from('RIFF....WEBPANMF'), Buffer.alloc(20), lossy['masks/a.webp'].subarray(12)];
    expect(isLossyWebp(Buffer.concat(animated))).toBe(true);
    const files = { 'data.json': JSON.stringify(lists), ...(await images()) };
    const came = (what: string) =>
      `expected a mask as PNG, TIFF, WebP, BMP, GIF or NIfTI, got ${what}, which changes values beside edges`;
    expect(await faults(folderOf('lossy', { ...files, ...lossy }))).toEqual([
      `masks/a.webp: ${came('WebP with loss')}`,
      `masks/b.webp: ${came('WebP with loss')}`,
      `masks/c.tif: ${came('a TIFF coded as JPEG')}`,
      `masks/n.tif: ${came('a TIFF coded as JPEG')}`,
    ]);
    const lossless = {
      'masks/a.webp': await pixels.clone().webp({ lossless: true }).toBuffer(),
      'masks/b.tif': await pixels.clone().tiff({ compression: 'lzw' }).toBuffer(),
      'masks/c.tif': await pixels.clone().tiff({ compression: 'deflate', bigtiff: true }).toBuffer(),
    };
    const found = await packed(folderOf('lossless', { ...files, ...lossless }));
    for (const which of [0, 1, 2]) expect(inside(found, which)).toEqual([0, 1]);
    const dicom = dicomFile({ patient: '', name: '', columns: 64, values: new Array<number>(4096).fill(1) });
    expect(await faults(folderOf('dicom-mask', { ...files, 'masks/a.dcm': dicom }))).toEqual([
      'masks/a.dcm: expected a mask as PNG, TIFF, WebP, BMP, GIF or NIfTI, got DICOM',
    ]);
  });

  test('are told by their bytes where names do not tell', async () => {
    const folder = folderOf('untold', {
      'data.json': JSON.stringify(lists),
      ...(await images()),
      'masks/a 2.5mm 0': await png(64, 64, corner),
      'masks/b.txt': 'nothing',
    });
    // The image is called as its mask, but for what looks like an extension.
    writeFileSync(join(folder, 'images/a 2.5mm 1'), await png(64, 64));
    writeFileSync(
      join(folder, 'data.json'),
      JSON.stringify({ ...lists, test: { '0': ['n.png'], '1': ['a 2.5mm 1', 'b.png', 'c.png'] } }),
    );
    const { index } = await packed(folder);
    expect(index.masks!.images.map((at) => index.images[at])).toEqual(['a 2.5mm 1']);
  });

  test('one may fill its image; where all do, 0 does not stand for outside', async () => {
    const full = await png(64, 64, (x) => (x < 9 ? 2 : 1));
    const files = { 'data.json': JSON.stringify(lists), ...(await images()), 'masks/a.png': full };
    const some = folderOf('one-full', {
      ...files,
      'masks/b.png': await png(64, 64, corner),
      'masks/n.png': await png(64, 64, () => 0),
    });
    expect(inside(await packed(some), 0)).toHaveLength(64 * 64);
    const message =
      'expected pixels of 0, which are outside, in some mask, got none in this one and all others (--no-masks passes them over)';
    const all = folderOf('all-full', { ...files, 'masks/b.png': full, 'masks/c.png': full });
    expect(await faults(all)).toEqual(['a', 'b', 'c'].map((name) => `masks/${name}.png: ${message}`));
    // Of one that is at fault nobody knows.
    writeFileSync(join(all, 'masks/c.png'), await png(64, 32, corner));
    expect(await faults(all)).toEqual(['masks/c.png: expected 64×64 pixels, as images/c.png has, got 64×32']);
  });

  test('every fault is listed: other sizes, no image, two of one, what loses values, normal and not empty', async () => {
    const folder = folderOf('faults', {
      'data.json': JSON.stringify(lists),
      ...(await images()),
      'masks/a.png': await png(64, 32, corner),
      'masks/b.bmp': await png(64, 64, corner),
      'masks/b.png': await png(64, 64, corner),
      'masks/c.jpg': await sharp(await png(64, 64, corner))
        .jpeg()
        .toBuffer(),
      'masks/n.png': await png(64, 64, corner),
      'masks/other.png': await png(64, 64, corner),
    });
    expect(await faults(folder)).toEqual([
      'masks/b.png: expected one mask of "b.png", got "b.bmp" and "b.png"',
      'masks/other.png: expected an image called "other", whose mask it is, got none',
      'masks/a.png: expected 64×64 pixels, as images/a.png has, got 64×32',
      'masks/c.jpg: expected a mask as PNG, TIFF, WebP, BMP, GIF or NIfTI, got JPEG, which changes values beside edges',
      'masks/n.png: expected nothing in the mask of a normal image, images/n.png, got 2 pixels above 0',
    ]);
  });
});

test('folders without data.json: ground_truth/KIND with _mask, and masks beside images of a kind', async () => {
  const image = await png(64, 64);
  const mask = await png(64, 64, corner);
  const mvtec = await packed(
    folderOf('mvtec', {
      'train/good/000.png': image,
      'test/good/000.png': image,
      'test/crack/000.png': image,
      'test/crack/001.png': image,
      'ground_truth/crack/000_mask.png': mask,
    }),
  );
  expect(mvtec.index.images[mvtec.index.masks!.images[0]!]).toBe('test/crack/000.png');
  const bmad = await packed(
    folderOf('bmad', {
      'train/good/1.png': image,
      'test/good/img/1.png': image,
      'test/good/label/1.png': await png(64, 64, () => 0),
      'test/Ungood/img/1.png': image,
      'test/Ungood/label/1.png': mask,
    }),
  );
  expect(bmad.index.masks!.images.map((at) => bmad.index.images[at])).toEqual(['test/Ungood/img/1.png']);
});

test('masks beside their images are no images: as BUSI has them, several of one image together; as LGG', async () => {
  const image = await png(64, 64);
  const empty = await png(64, 64, () => 0);
  const at = (x: number, y: number) => png(64, 64, (column, row) => (column === x && row === y ? 255 : 0));
  const busi = await packed(
    folderOf('busi', {
      'normal/normal (1).png': image,
      'normal/normal (1)_mask.png': empty,
      'normal/normal (2).png': await png(64, 64, (x) => x),
      'normal/normal (2)_mask.png': empty,
      'benign/benign (1).png': image,
      'benign/benign (1)_mask.png': await at(3, 0),
      'benign/benign (1)_mask_1.png': await at(5, 0),
      'benign/benign (1)_mask_2.png': await at(3, 0),
    }),
    { split: { share: 0.5 } },
  );
  expect([...busi.index.images].sort()).toEqual([
    'benign/benign (1).png',
    'normal/normal (1).png',
    'normal/normal (2).png',
  ]);
  expect(busi.index.masks!.images.map((which) => busi.index.images[which])).toEqual([
    'benign/benign (1).png',
  ]);
  expect(inside(busi, 0)).toEqual([3, 5]);
  const lgg = await packed(
    folderOf('lgg', {
      'no/p1/p1_1.tif': image,
      'no/p1/p1_1_mask.tif': empty,
      'yes/p2/p2_1.tif': image,
      'yes/p2/p2_1_mask.tif': await at(1, 1),
      'no/p3/p3_2.tif': await png(64, 64, (x) => x),
    }),
    { folders: { normal: ['no'], abnormal: ['yes'], unlabeled: [] }, split: { share: 0.5 } },
  );
  expect(lgg.index.images).toHaveLength(3);
  expect(inside(lgg, 0)).toEqual([65]);
});

describe('which mask is of which image', () => {
  const match = (masks: string[], names: string[], others: string[] = []) => {
    const { matched, faults } = matchMasks(masks, names, others);
    return {
      matched: matched.map(({ position, path, part }) => `${path} > ${names[position]} ${part}`),
      faults: faults.map(({ message }) => message),
    };
  };

  test('by its name, in its folder or one above; a part by number, or all of a volume', () => {
    expect(
      match(['crack/1.png', 'a.tif', '2.png'], ['good/1.png', 'crack/1.png', 'a.png', 'crack/2.png']),
    ).toEqual({
      matched: ['crack/1.png > crack/1.png null', 'a.tif > a.png null', '2.png > crack/2.png null'],
      faults: [],
    });
    expect(match(['v.nii.gz', 'w#1.png'], ['v.nii#3', 'v.nii#4', 'w.nii#1', 'w.nii#2'])).toEqual({
      matched: ['v.nii.gz > v.nii#3 3', 'v.nii.gz > v.nii#4 4', 'w#1.png > w.nii#1 null'],
      faults: [],
    });
    expect(match(['1.2.840.png', 'a_mask.png'], ['1.2.840', 'a_mask.dcm', 'a.dcm'])).toEqual({
      matched: ['1.2.840.png > 1.2.840 null', 'a_mask.png > a_mask.dcm null'],
      faults: [],
    });
  });

  test('several with _mask and a number are of one image, others are not', () => {
    expect(match(['a_mask.png', 'a_mask_1.png', 'a_Mask_2.png'], ['a.png'])).toEqual({
      matched: ['a_mask.png > a.png null', 'a_mask_1.png > a.png null', 'a_Mask_2.png > a.png null'],
      faults: [],
    });
    expect(match(['a.bmp', 'a_mask_1.png'], ['a.png']).faults).toEqual([
      'expected one mask of "a.png", got "a.bmp" and "a_mask_1.png"',
    ]);
    expect(match(['a_mask_1.png', 'a_mask_1.tif'], ['a.png']).faults).toEqual([
      'expected one mask of "a.png", got "a_mask_1.png" and "a_mask_1.tif"',
    ]);
    // That of a_1 may be called so as well.
    expect(match(['a_mask_1.png'], ['a.png', 'a_1.png']).faults).toEqual([
      'expected a mask of one image, got one that may be of "a.png", "a_1.png"',
    ]);
  });

  test('one that may be of several is refused, one of an image that is not listed is passed over', () => {
    expect(match(['1.png'], ['good/1.png', 'crack/1.png'])).toEqual({
      matched: [],
      faults: ['expected a mask of one image, got one that may be of "good/1.png", "crack/1.png"'],
    });
    expect(match(['x.png', 'a.png'], ['a.dcm'], ['a.png', 'x.dcm']).matched).toEqual(['a.png > a.dcm null']);
    expect(match(['x.png'], ['a.png'], ['a.png', 'x.dcm'])).toEqual({ matched: [], faults: [] });
  });
});

test('nearest is that of Pillow', () => {
  const [width, height] = [37, 101];
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * 7919) % 251);
  const script = `
import sys
from PIL import Image
image = Image.frombytes('L', (${width}, ${height}), bytes((i * 7919) % 251 for i in range(${width * height})))
for side in (64, 16, 128): print(list(image.resize((side, side), Image.NEAREST).getdata()))
`;
  const expected = runPillow(script)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as number[]);
  for (const [which, side] of [64, 16, 128].entries())
    expect([...resizeNearest({ width, height, pixels }, side, side).pixels]).toEqual(expected[which]);
});
