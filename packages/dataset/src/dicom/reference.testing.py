"""Writes DICOM files with pydicom and GDCM into sys.argv[1], and beside each NAME.dcm what the paper's authors make of it,
NAME.ref: 512x512 grey bytes by pydicom and Pillow."""

import sys

import gdcm
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

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
for syntax in ("rle", "jpeg2000", "baseline"):
    recode("rgb", syntax)
ds = dataset(colour, 8, 8, photometric="RGB")
ds.PlanarConfiguration, ds.PixelData = 1, np.ascontiguousarray(colour.transpose(2, 0, 1)).tobytes()
save("planar", ds, colour.astype(np.int64), True)
ybr = np.array(Image.fromarray(colour).convert("YCbCr"))
save("ybr", dataset(ybr, 8, 8, photometric="YBR_FULL"), colour.astype(np.int64), True)

# What is refused.
ds = dataset(grey12, 16, 12)
ds.NumberOfFrames, ds.PixelData = 2, ds.PixelData * 2
ds.save_as(f"{out}/frames.dcm", enforce_file_format=True)
dataset(grey8, 8, 8, photometric="PALETTE COLOR").save_as(f"{out}/palette.dcm", enforce_file_format=True)
dataset(grey12.astype(np.uint32), 32, 12).save_as(f"{out}/wide.dcm", enforce_file_format=True)
ds = dataset(grey12, 16, 12)
del ds.PixelData
ds.FloatPixelData = picture.astype(np.float32).tobytes()
ds.save_as(f"{out}/float.dcm", enforce_file_format=True)
ds = dataset(grey12, 16, 12)
ds.Rows, ds.Columns = 60000, 60000
ds.save_as(f"{out}/absurd.dcm", enforce_file_format=True)
ds.Rows, ds.Columns = 8000, 8000
ds.save_as(f"{out}/short.dcm", enforce_file_format=True)
