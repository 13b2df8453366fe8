"""What pydicom and Pillow make of every file with pixels of the packages pydicom and pydicom-data, by the documented steps.

Into the folder sys.argv[1]: reference.u8, the frames one after another, each 512x512 grey bytes; and files.json, a list of
{"file", "frames"} in the same order, where "frames" counts the file's frames in reference.u8 and is 0 where pydicom gives no
pixels ("error" says why). Files without Pixel Data are listed with "frames" null.
"""

import json
import logging
import os
import sys
import warnings

import data_store
import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_color_lut, iter_pixels
from pydicom.uid import ImplicitVRLittleEndian

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
out = sys.argv[1]
side = 512


def padded(values, ds):
    """Where Pixel Padding Value says that there is no picture."""
    if "PixelPaddingValue" not in ds or ds.SamplesPerPixel != 1:
        return np.zeros(values.shape, bool)
    kind = np.dtype(f"{'i' if ds.PixelRepresentation else 'u'}{ds.BitsAllocated // 8}")
    stored = lambda value: int(np.array(value & (2**ds.BitsAllocated - 1)).astype(f"u{kind.itemsize}").view(kind))
    ends = [stored(int(ds.PixelPaddingValue)), stored(int(ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)))]
    return (values >= min(ends)) & (values <= max(ends))


def colours(values, ds):
    """Palette entries, of 16 bit the high byte."""
    entries = apply_color_lut(values, ds)
    return entries >> 8 if entries.max() > 255 else entries


def prepared(values, ds):
    """One frame to 512x512 grey bytes."""
    eight_bits = values.dtype == np.uint8 and ds.BitsAllocated == 8
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        values, eight_bits = colours(values, ds), True
    no_picture = padded(values, ds)
    values = values.astype(np.float64)
    picture = values[~no_picture]
    if values.ndim == 2 and (ds.PhotometricInterpretation == "MONOCHROME1") != (float(ds.get("RescaleSlope", 1)) < 0):
        values = picture.max() - values
        picture = values[~no_picture]
    if not eight_bits:
        extent = picture.max() - picture.min()
        values = (values - picture.min()) / extent * 255 if extent else np.zeros_like(values)
    values = np.where(no_picture, 0, values).astype(np.uint8)
    return Image.fromarray(values).convert("L").resize((side, side), Image.BILINEAR).tobytes()


def files():
    for root in (os.path.dirname(pydicom.data.__file__), os.path.join(os.path.dirname(data_store.__file__), "data")):
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                if not name.endswith((".py", ".pyc", "README", ".json", ".txt", ".md", ".icc", ".dump", ".gz")):
                    yield os.path.join(folder, name)


listed = []
with open(f"{out}/reference.u8", "wb") as reference:
    for file in files():
        ds = pydicom.dcmread(file, force=True)
        entry = {"file": file, "frames": None}
        listed.append(entry)
        if not any(keyword in ds for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            continue
        if "TransferSyntaxUID" not in ds.file_meta and "Rows" in ds:
            ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        entry["frames"] = 0
        try:
            plugin = {"decoding_plugin": "pylibjpeg"} if ds.file_meta.TransferSyntaxUID.is_encapsulated else {}
            for frame in iter_pixels(ds, **plugin):
                reference.write(prepared(frame, ds))
                entry["frames"] += 1
        except Exception as error:
            entry["error"] = f"{type(error).__name__}: {error}"
with open(f"{out}/files.json", "w") as file:
    json.dump(listed, file)
