"""Writes DICOM files with pydicom and GDCM into sys.argv[1], and beside each NAME.dcm what the paper's authors make of it,
NAME.ref: 512x512 grey bytes by pydicom and Pillow."""

import io
import sys

import gdcm
import numpy as np
import openjpeg.utils
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid

out = sys.argv[1]
rows, columns = 90, 70
rng = np.random.default_rng(3)
y, x = np.mgrid[0:rows, 0:columns]
# 0.1 to 0.9 with some noise: neither black nor white occurs.
picture = 0.1 + 0.8 * np.clip((np.sin(x / 9) + np.cos(y / 13) + 2) / 4 * 0.95 + 0.05 * rng.random((rows, columns)), 0, 1)


def dataset(values, allocated, stored, signed=False, photometric="MONOCHROME2"):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID = meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ds.PatientID, ds.PatientName = "SECRET-ID-77", "Doe^Jane"
    ds.Rows, ds.Columns = values.shape[:2]
    ds.SamplesPerPixel = 1 if values.ndim == 2 else 3
    if values.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = allocated, stored, stored - 1, int(signed)
    ds.PixelData = values.tobytes()
    return ds


def prepared(values, photometric, eight_bits):
    """The authors' preparation; values as integers wide enough not to overflow, or RGB."""
    if photometric == "MONOCHROME1":
        values = values.max() - values
    if not eight_bits:
        values = ((values - values.min()) * 1.0 / (values.max() - values.min()) * 255).astype(np.uint8)
    image = Image.fromarray(values.astype(np.uint8)).convert("L")
    return image.resize((512, 512), resample=Image.BILINEAR).tobytes()


def save(name, ds, values=None, eight_bits=False, photometric=None):
    ds.save_as(f"{out}/{name}.dcm", enforce_file_format=True)
    if values is None:
        values = pydicom.dcmread(f"{out}/{name}.dcm").pixel_array
        eight_bits = values.dtype == np.uint8
        values = values.astype(np.int64)
    photometric = photometric or ds.PhotometricInterpretation
    with open(f"{out}/{name}.ref", "wb") as file:
        file.write(prepared(values, photometric, eight_bits))


syntaxes = {
    "implicit": gdcm.TransferSyntax.ImplicitVRLittleEndian,
    "bigendian": gdcm.TransferSyntax.ExplicitVRBigEndian,
    "deflated": gdcm.TransferSyntax.DeflatedExplicitVRLittleEndian,
    "rle": gdcm.TransferSyntax.RLELossless,
    "jpegls": gdcm.TransferSyntax.JPEGLSLossless,
    "jpeg2000": gdcm.TransferSyntax.JPEG2000Lossless,
    "lossless": gdcm.TransferSyntax.JPEGLosslessProcess14,
    "losslesssv1": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    "baseline": gdcm.TransferSyntax.JPEGBaselineProcess1,
    "extended": gdcm.TransferSyntax.JPEGExtendedProcess2_4,
}


def recode(name, syntax):
    reader = gdcm.ImageReader()
    reader.SetFileName(f"{out}/{name}.dcm")
    change = gdcm.ImageChangeTransferSyntax()
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntaxes[syntax]))
    change.SetInput(reader.GetImage())
    writer = gdcm.ImageWriter()
    writer.SetFileName(f"{out}/{name}-{syntax}.dcm")
    writer.SetFile(reader.GetFile())
    assert change.Change(), syntax
    writer.SetImage(change.GetOutput())
    assert writer.Write(), syntax


for stored in (8, 10, 12, 16):
    for signed in (False, True):
        allocated = 8 if stored == 8 else 16
        kind = np.dtype(f"{'i' if signed else 'u'}{allocated // 8}")
        values = (picture * (2**stored - 1)).round().astype(np.int64) - (2 ** (stored - 1) if signed else 0)
        name = f"{'s' if signed else 'u'}{stored}"
        save(name, dataset(values.astype(kind), allocated, stored, signed), values, name == "u8")
        for syntax in syntaxes:
            lossy = syntax in ("baseline", "extended")
            if lossy and name != "u8" or syntax == "jpeg2000" and name == "s8":
                continue
            recode(name, syntax)

grey8 = (picture * 255).astype(np.uint8)
grey12 = (picture * 4095).astype(np.uint16)
save("grey8", dataset(grey8, 8, 8))
recode("grey8", "bigendian")
save("white8", dataset(grey8, 8, 8, photometric="MONOCHROME1"))
recode("white8", "baseline")
save("white12", dataset(grey12, 16, 12, photometric="MONOCHROME1"))
for name, photometric, turned in (("falling", "MONOCHROME2", "MONOCHROME1"), ("twice", "MONOCHROME1", "MONOCHROME2")):
    ds = dataset(grey12, 16, 12, photometric=photometric)
    ds.RescaleSlope, ds.RescaleIntercept = "-2.5", "1000"
    save(name, ds, grey12.astype(np.int64), photometric=turned)
ds = dataset(grey12, 16, 12)
ds.RescaleSlope, ds.RescaleIntercept = "2.5", "-1024"
save("rising", ds)
# Other bits above the stored ones, and below them.
save("above", dataset(grey12 | (rng.integers(0, 16, grey12.shape) << 12).astype(np.uint16), 16, 12), grey12.astype(np.int64))
ds = dataset((grey12 << 4) | rng.integers(0, 16, grey12.shape).astype(np.uint16), 16, 12)
ds.HighBit = 15
save("below", ds, grey12.astype(np.int64))
save("flat", dataset(np.full((rows, columns), 700, np.uint16), 16, 12), np.zeros((rows, columns)), True)

colour = np.stack([grey8, np.roll(grey8, 9, 0), 255 - grey8], axis=2)
save("rgb", dataset(colour, 8, 8, photometric="RGB"))
with open(f"{out}/rgb.colours", "wb") as file:
    file.write(Image.fromarray(colour).resize((512, 512), Image.BILINEAR).tobytes())
for syntax in ("rle", "jpeg2000", "baseline", "lossless", "losslesssv1", "jpegls"):
    recode("rgb", syntax)
ds = dataset(colour, 8, 8, photometric="RGB")
ds.PlanarConfiguration, ds.PixelData = 1, np.ascontiguousarray(colour.transpose(2, 0, 1)).tobytes()
save("planar", ds, colour.astype(np.int64), True)
ybr = np.array(Image.fromarray(colour).convert("YCbCr"))
save("ybr", dataset(ybr, 8, 8, photometric="YBR_FULL"), colour.astype(np.int64), True)


# Other kinds of numbers.
save("wide", dataset(grey12.astype(np.uint32) * 100_000, 32, 32))
save("wide-signed", dataset(grey12.astype(np.int32) * 100_000 - 2**30, 32, 32, signed=True))
deep = np.stack([grey12, np.roll(grey12, 9, 0), 4095 - grey12], axis=2)
save("rgb12", dataset(deep, 16, 12, photometric="RGB"))
bits = picture > 0.5
ds = dataset(grey8, 8, 8)
ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
ds.PixelData = np.packbits(bits, bitorder="little").tobytes()
save("bits", ds, bits.astype(np.int64))
for name, keyword, kind in (("float", "FloatPixelData", "<f4"), ("double", "DoubleFloatPixelData", "<f8")):
    ds = dataset(grey12, 16, 12)
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.BitsAllocated = 32 if name == "float" else 64
    # Full levels, so that rounding down gives equal ones whatever the last digit is.
    levels = np.round(picture * 300) / 64
    setattr(ds, keyword, levels.astype(kind).tobytes())
    save(name, ds, np.round(picture * 300).astype(np.int64))

# Several frames; the second one darker and turned.
frames = np.stack([grey12, grey12[::-1] // 2])
ds = dataset(grey12, 16, 12)
ds.NumberOfFrames, ds.PixelData = 2, frames.tobytes()
save("frames", ds, frames[0].astype(np.int64))
with open(f"{out}/frames.2.ref", "wb") as file:
    file.write(prepared(frames[1].astype(np.int64), "MONOCHROME2", False))
for syntax in ("rle", "jpeg2000", "jpegls"):
    recode("frames", syntax)

# What is no picture.
outside = np.zeros((rows, columns), bool)
outside[:20, :30] = True
for name, values, padding, limit in (
    ("padded", np.where(outside, 65535, grey12), 65535, None),
    ("padded-signed", np.where(outside, -32768, grey12.astype(np.int64)), -32768, None),
    ("padded-range", np.where(outside, 60000 + rng.integers(0, 9, outside.shape), grey12), 60000, 60008),
    ("padded-low-white", np.where(outside, 65535, grey12), 65535, None),
    ("padded-8", np.where(outside, 255, grey8), 255, None),
):
    signed = padding < 0
    eight = name == "padded-8"
    photometric = "MONOCHROME1" if name == "padded-low-white" else "MONOCHROME2"
    ds = dataset(values.astype("i2" if signed else "u1" if eight else "u2"), 8 if eight else 16, 8 if eight else 16, signed, photometric)
    ds.PixelPaddingValue = padding
    if limit:
        ds.PixelPaddingRangeLimit = limit
    ds.save_as(f"{out}/{name}.dcm", enforce_file_format=True)
    real = values[~outside].astype(np.float64)
    shown = real.max() - values if photometric == "MONOCHROME1" else values - real.min()
    shown = values if eight else (shown / (real.max() - real.min()) * 255)
    shown = np.where(outside, 0, shown).astype(np.uint8)
    with open(f"{out}/{name}.ref", "wb") as file:
        file.write(Image.fromarray(shown).resize((512, 512), Image.BILINEAR).tobytes())

# What writers do.
coded = pydicom.dcmread(f"{out}/u12-jpeg2000.dcm")
whole = next(generate_frames(coded.PixelData))
whole = whole[: whole.rindex(b"\xff\xd9") + 2]


def again(name, change, of="u12-jpeg2000"):
    ds = pydicom.dcmread(f"{out}/{of}.dcm")
    change(ds)
    ds.save_as(f"{out}/{name}.dcm", enforce_file_format=True)


def with_frame(frame):
    def change(ds):
        ds.PixelData = encapsulate([frame])

    return change


again("u12-endsff", with_frame(whole + b"\xff\xff"))
again("u12-noend", with_frame(whole[:-2]))
at = whole.index(b"\xff\x51")
# The sign bit of the samples makes the same code stand for values less by half the range.
signed = bytearray(whole)
signed[at + 40] |= 0x80
again("u12-signedcode", with_frame(bytes(signed)))


def new_representations(ds):
    ds.add_new((0x0009, 0x0010), "LO", "DDAD")
    for element, kind in ((1, "OV"), (2, "SV"), (3, "UV")):
        ds.add_new((0x0009, 0x1000 + element), kind, bytes(16) if kind == "OV" else 2**40)


again("u12-newvrs", new_representations, of="u12")


def extended_table(ds):
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended([whole])


again("u12-extendedtable", extended_table)
again("u12-zeroframes", lambda ds: setattr(ds, "NumberOfFrames", 0), of="u12")

explicit = open(f"{out}/u12.dcm", "rb").read()
implicit = open(f"{out}/u12-implicit.dcm", "rb").read()
names = {"explicit": b"1.2.840.10008.1.2.1\0", "implicit": b"1.2.840.10008.1.2\0"}
assert names["explicit"] in explicit and names["implicit"] in implicit
# As long as the one that was there, whose length stands beside it.
open(f"{out}/u12-saysimplicit.dcm", "wb").write(explicit.replace(names["explicit"], names["implicit"].ljust(20, b"\0"), 1))
open(f"{out}/u12-saysdeflatedno.dcm", "wb").write(implicit.replace(names["implicit"], b"1.2.840.10008.1.2\0", 1))
open(f"{out}/u12-nopreamble.dcm", "wb").write(explicit[132:])
data = pydicom.dcmread(f"{out}/u12.dcm")
for name, encoding in (("u12-nometa", (True, True)), ("u12-nometaexplicit", (False, True)), ("u12-nometabig", (False, False))):
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = encoding
    plain = pydicom.dcmread(f"{out}/u12-bigendian.dcm" if name == "u12-nometabig" else f"{out}/u12.dcm")
    write_dataset(buffer, plain)
    open(f"{out}/{name}.dcm", "wb").write(buffer.getvalue())
again("u12-wrongcode", lambda ds: setattr(ds.file_meta, "TransferSyntaxUID", JPEGBaseline8Bit))

# Colours that the header names in one way and a decoder would guess in another.
ybr_code = openjpeg.utils.encode_array(ybr, photometric_interpretation=3)
def ybr_without_transform(ds):
    ds.PhotometricInterpretation, ds.PixelData = "YBR_FULL", encapsulate([bytes(ybr_code)])


again("ybr-notransform", ybr_without_transform, of="rgb-jpeg2000")
buffer = io.BytesIO()
Image.fromarray(colour).save(buffer, "JPEG", quality=100, subsampling=0, keep_rgb=True)
file = buffer.getvalue()
adobe = file.index(b"\xff\xee")
bare = bytearray(file[:adobe] + file[adobe + 16 :])
sof, sos = bare.index(b"\xff\xc0"), bare.index(b"\xff\xda")
for number in range(3):
    bare[sof + 10 + 3 * number] = bare[sos + 5 + 2 * number] = number + 1
for name, frame in (("rgb-marked", file), ("rgb-unmarked", bytes(bare))):
    again(name, with_frame(frame), of="rgb-baseline")
# 8 bits in words, which Big Endian turns round.
words = pydicom.dcmread(f"{out}/grey8-bigendian.dcm")
words["PixelData"].VR = "OW"
words.PixelData = np.frombuffer(grey8.tobytes(), np.uint16).byteswap().tobytes()
words.save_as(f"{out}/grey8-words.dcm", enforce_file_format=True)

# What is refused.
dataset(grey8, 8, 8, photometric="PALETTE COLOR").save_as(f"{out}/palette.dcm", enforce_file_format=True)
dataset(grey8, 8, 8, photometric="HSV").save_as(f"{out}/hsv.dcm", enforce_file_format=True)
ds = dataset(grey12, 16, 12)
ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
del ds.PixelData
ds.save_as(f"{out}/report.dcm", enforce_file_format=True)
ds = dataset(grey12, 16, 12)
ds.Rows, ds.Columns = 60000, 60000
ds.save_as(f"{out}/absurd.dcm", enforce_file_format=True)
ds.Rows, ds.Columns = 8000, 8000
ds.save_as(f"{out}/short.dcm", enforce_file_format=True)
