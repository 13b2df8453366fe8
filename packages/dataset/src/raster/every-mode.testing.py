"""Images of every mode, 53x37, into sys.argv[1], and beside each (NAME.grey) what Pillow makes of it."""

import glob, os, struct, sys, zlib
import numpy as np
from PIL import Image, ImageCms, ImageFilter, ImageOps, PngImagePlugin
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
    open(out + name, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) +
        chunk(b'IDAT', zlib.compress(b''.join(b'\0' + r for r in rows))) + chunk(b'IEND', b''))
wide = random.integers(0, 65536, (37, 53, 3)).astype('>u2')
png('rgb-16bit.png', 16, 2, [r.tobytes() for r in wide])
pixels = np.array(rgb)
adam7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
png('interlaced.png', 8, 2, [r.tobytes() for y, x, dy, dx in adam7 for r in pixels[y::dy, x::dx]], 1)

# Other formats, and depths that a 16-bit file does not fill.
grey.save(out + 'grey.tif')
rgb.save(out + 'rgb.tif', compression='tiff_lzw')
rgb.quantize(200).save(out + 'palette.tif')
rgb.convert('CMYK').save(out + 'cmyk.tif')
grey.convert('1').save(out + '1bit.tif', compression='group4')
Image.fromarray(random.integers(0, 65536, (37, 53), dtype=np.uint16)).save(out + 'grey-16bit.tif', compression='tiff_adobe_deflate')
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgb.save(out + f'orientation-{orientation}.jpg', exif=exif, quality=100, subsampling=0)
exif[0x0112] = 6
rgb.save(out + 'orientation-6.png', exif=exif)
rgb.save(out + 'orientation-3.tif', tiffinfo={274: 3})
rgb.save(out + 'rgb.webp', quality=80)
rgb.save(out + 'lossless.webp', lossless=True)
grey.save(out + 'grey.gif')
rgb.quantize(200).save(out + 'palette.gif')
rgb.quantize(200).save(out + 'palette-transparent.gif', transparency=3)
grey.save(out + 'grey-transparent.gif', transparency=int(np.bincount(np.array(grey).ravel()).argmax()))
for name, image in (('rgb', rgb), ('grey', grey), ('palette', rgb.quantize(200)), ('1bit', grey.convert('1')), ('rgba', rgba)):
    image.save(out + f'{name}.bmp')
for bits in (12, 10, 8):
    Image.fromarray(random.integers(0, 2**bits, (37, 53), dtype=np.uint16)).save(out + f'grey-{bits}bits.png')

# What is refused.
refused = out + 'refused/'
os.mkdir(refused)
frames = [rgb.rotate(90 * i) for i in range(3)]
for name in ('animated.gif', 'animated.webp', 'animated.png', 'pages.tif'):
    frames[0].save(refused + name, save_all=True, append_images=frames[1:], duration=40)
Image.fromarray(np.array(grey, dtype=np.float32)).save(refused + 'float.tif')
Image.fromarray(np.array(grey, dtype=np.int32)).save(refused + 'long.tif')
rgb.save(refused + 'cut.tif', compression='raw')
big = open(out + 'grey.png', 'rb').read()
size = b'IHDR' + struct.pack('>II', 20000, 20000) + big[24:29]
open(refused + 'huge.png', 'wb').write(big[:12] + size + struct.pack('>I', zlib.crc32(size)) + big[33:])
grey.save(refused + 'rle.bmp')
data = bytearray(open(refused + 'rle.bmp', 'rb').read())
data[30] = 1
open(refused + 'rle.bmp', 'wb').write(data)

for name in glob.glob(out + '*.*'):
    image = ImageOps.exif_transpose(Image.open(name))
    if image.mode.startswith('I'):
        values = np.array(image)
        bits = max(8, int(values.max()).bit_length())
        grey, colours = (values >> bits - 8).astype(np.uint8), None
    else:
        grey, colours = np.array(image.convert('L')), np.array(image.convert('RGB'))
    open(name + '.grey', 'wb').write(grey.tobytes())
    open(name + '.size', 'w').write('%d %d' % image.size)
    if colours is not None:
        open(name + '.rgb', 'wb').write(colours.tobytes())
