import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeGrey } from './decode.ts';
import { resizeBilinear } from './resize.ts';
import { runPillow, sampleImages, scratchFolder } from './testing-pillow.ts';
import { UnreadableImage } from './unreadable-image.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

/** Images of every mode, 53x37, and beside each (`NAME.grey`) what Pillow makes of it. */
const writeEveryMode = `
import glob, struct, sys, zlib
import numpy as np
from PIL import Image, ImageCms, ImageFilter, PngImagePlugin
out = sys.argv[1] + '/'
random = np.random.default_rng(7)
noise = Image.fromarray(random.integers(0, 256, (37, 53, 4), dtype=np.uint8), 'RGBA')
rgba = noise.filter(ImageFilter.GaussianBlur(2))
rgb, grey = rgba.convert('RGB'), rgba.convert('L')
grey.save(out + 'grey.png')
grey.convert('LA').save(out + 'grey-alpha.png')
rgb.save(out + 'rgb.png')
noise.save(out + 'rgba.png')
rgb.quantize(200).save(out + 'palette.png')
rgb.quantize(200).save(out + 'palette-transparent.png', transparency=3)
rgb.quantize(4).save(out + 'palette-2bit.png', bits=2)
grey.point(lambda v: 255 * (v > 127)).convert('1').save(out + '1bit.png')
# A profile with red and blue swapped: applying it would show.
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
swapped = srgb.replace(b'rXYZ', b'swap').replace(b'bXYZ', b'rXYZ').replace(b'swap', b'bXYZ')
rgb.save(out + 'icc-profile.png', icc_profile=swapped)
rgb.save(out + 'icc-profile.jpg', icc_profile=swapped)
linear = PngImagePlugin.PngInfo()
linear.add(b'gAMA', struct.pack('>I', 100000))
rgb.save(out + 'gamma.png', pnginfo=linear)
Image.fromarray(random.integers(0, 65536, (37, 53), dtype=np.uint16)).save(out + 'grey-16bit.png')
rgb.save(out + 'rgb.jpg', quality=80)
rgb.save(out + 'rgb-444.jpg', quality=95, subsampling=0)
rgb.save(out + 'progressive.jpg', quality=60, progressive=True)
grey.save(out + 'grey.jpg')
rgb.convert('CMYK').save(out + 'cmyk.jpg', quality=90)
exif = Image.Exif()
exif[0x0112] = 6
rgb.save(out + 'rotated-by-exif.jpg', exif=exif)

# Pillow writes neither 16-bit RGB nor interlaced PNG.
def png(name, depth, colour, rows, interlaced=0):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    head = struct.pack('>IIBBBBB', 53, 37, depth, colour, 0, 0, interlaced)
    open(out + name, 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) +
        chunk(b'IDAT', zlib.compress(b''.join(b'\\0' + r for r in rows))) + chunk(b'IEND', b''))
wide = random.integers(0, 65536, (37, 53, 3)).astype('>u2')
png('rgb-16bit.png', 16, 2, [r.tobytes() for r in wide])
pixels = np.array(rgb)
adam7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
png('interlaced.png', 8, 2, [r.tobytes() for y, x, dy, dx in adam7 for r in pixels[y::dy, x::dx]], 1)

for name in glob.glob(out + '*.*g'):
    image = Image.open(name)
    sixteen = image.mode.startswith('I')
    grey = (np.array(image) >> 8).astype(np.uint8) if sixteen else np.array(image.convert('L'))
    open(name + '.grey', 'wb').write(grey.tobytes())
`;

const resizeAsPillow = `
import sys
from PIL import Image
out = sys.argv[1]
for i, path in enumerate(sys.argv[2:]):
    grey = Image.open(path).convert('L')
    small = grey.resize((64, 64), Image.BILINEAR)
    open(f'{out}/{i}.grey', 'wb').write(grey.tobytes())
    open(f'{out}/{i}.small', 'wb').write(small.tobytes())
`;

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

describe('decoding against Pillow', () => {
  beforeAll(() => {
    runPillow(writeEveryMode, dir);
  });

  test.for([
    'grey.png',
    'grey-alpha.png',
    'grey-16bit.png',
    'rgb.png',
    'rgba.png',
    'rgb-16bit.png',
    'palette.png',
    'palette-transparent.png',
    'palette-2bit.png',
    '1bit.png',
    'interlaced.png',
    'gamma.png',
    'icc-profile.png',
  ])('gives equal pixels for %s', async (name) => {
    const image = await decodeGrey(readFileSync(join(dir, name)));
    expect([image.width, image.height]).toEqual([53, 37]);
    expect(largestDifference(image.pixels, readFileSync(join(dir, `${name}.grey`)))).toBe(0);
  });

  test.for([
    'grey.jpg',
    'rgb.jpg',
    'rgb-444.jpg',
    'progressive.jpg',
    'cmyk.jpg',
    'rotated-by-exif.jpg',
    'icc-profile.jpg',
  ])('is within 1 grey level for %s', async (name) => {
    const image = await decodeGrey(readFileSync(join(dir, name)));
    expect([image.width, image.height]).toEqual([53, 37]);
    expect(largestDifference(image.pixels, readFileSync(join(dir, `${name}.grey`)))).toBeLessThanOrEqual(1);
  });

  test('is within 1 grey level on 50 real images, before and after resizing to 64x64', async () => {
    const paths = await sampleImages(50, join(dir, 'phantom'));
    runPillow(resizeAsPillow, dir, ...paths);
    for (const [i, path] of paths.entries()) {
      const image = await decodeGrey(readFileSync(path));
      expect(largestDifference(image.pixels, readFileSync(join(dir, `${i}.grey`)))).toBeLessThanOrEqual(1);
      const small = resizeBilinear(image, 64, 64);
      expect(largestDifference(small.pixels, readFileSync(join(dir, `${i}.small`)))).toBeLessThanOrEqual(1);
    }
  });
});

describe('what is no whole image', () => {
  const refused = async (file: Buffer) => {
    const error = await decodeGrey(file).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UnreadableImage);
    return (error as UnreadableImage).message;
  };

  test('an empty file is refused', async () => {
    expect(await refused(Buffer.alloc(0))).toBe('expected a PNG, JPEG or DICOM image, got an empty file');
  });

  test('other files are refused by their first bytes, also images that libvips could open', async () => {
    expect(await refused(Buffer.from('hello, world'))).toBe(
      'expected a PNG, JPEG or DICOM image, got a file that starts with the bytes 68 65 6c 6c 6f 2c 20 77',
    );
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
    expect(await refused(Buffer.from(svg))).toContain('starts with the bytes 3c 73 76 67');
  });

  test.for(['rgb.png', 'interlaced.png', 'grey-16bit.png', 'rgb.jpg', 'progressive.jpg', 'grey.jpg'])(
    '%s is refused wherever it is cut off',
    async (name) => {
      const file = readFileSync(join(dir, name));
      for (const share of [0.02, 0.3, 0.6, 0.9, 0.98]) {
        const message = await refused(file.subarray(0, Math.max(9, Math.floor(file.length * share))));
        expect(message).toMatch(/^expected a whole PNG or JPEG image, decoding failed: ./);
      }
    },
  );

  test('a PNG with a damaged byte among its pixels is refused', async () => {
    const file = Buffer.from(readFileSync(join(dir, 'rgb.png')));
    const middle = Math.floor(file.length / 2);
    file[middle] = file[middle]! ^ 0xff;
    await refused(file);
  });

  test('a JPEG with an unexpected marker among its pixels is refused', async () => {
    const file = Buffer.from(readFileSync(join(dir, 'rgb.jpg')));
    file.set([0xff, 0xd9], Math.floor(file.length * 0.8));
    writeFileSync(join(dir, 'damaged.jpg'), file);
    await refused(file);
  });
});
