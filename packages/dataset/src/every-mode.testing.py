"""Images of every mode, 53x37, into sys.argv[1], and beside each (NAME.grey) what Pillow makes of it."""

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
    open(out + name, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) +
        chunk(b'IDAT', zlib.compress(b''.join(b'\0' + r for r in rows))) + chunk(b'IEND', b''))
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
