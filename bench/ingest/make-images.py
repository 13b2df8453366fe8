"""Writes DICOM images of 1024x1024, 12 bits in 16, into sys.argv[1]/images and a data.json beside them: as many as sys.argv[2]
says, every other one in JPEG 2000 Lossless, the rest uncompressed. Encoding takes longer than all else, so that every picture is
in many files; whoever reads them decodes each."""

import json
import os
import sys

import numpy as np
import openjpeg.utils
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

folder, count = sys.argv[1], int(sys.argv[2])
side, pictures = 1024, 16
os.makedirs(f"{folder}/images")
rng = np.random.default_rng(8)
y, x = np.mgrid[0:side, 0:side] / side - 0.5


def picture(number):
    """A body with soft structures and the noise of a detector: JPEG 2000 keeps some 40 % of its bytes."""
    body = np.clip(1.2 - ((x / 0.42) ** 2 + (y / 0.47) ** 2), 0, 1)
    soft = np.sin(9 * x + number) * np.cos(7 * y - number) + 0.5 * np.sin(23 * x * y + number)
    values = 900 * body * (2 + 0.5 * soft) + rng.normal(60, 12, (side, side))
    return np.clip(values, 0, 4095).astype(np.uint16)


plain = [picture(number) for number in range(pictures)]
coded = [bytes(openjpeg.utils.encode_array(values, bits_stored=12, photometric_interpretation=2)) for values in plain]
names = []
for number in range(count):
    compressed = number % 2 == 1
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = JPEG2000Lossless if compressed else ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.PatientID, ds.PatientName = f"P{number}", "Bench^Mark"
    ds.Rows = ds.Columns = side
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    which = number // 2 % pictures
    ds.PixelData = encapsulate([coded[which]]) if compressed else plain[which].tobytes()
    names.append(f"{number:05}.dcm")
    ds.save_as(f"{folder}/images/{names[-1]}", enforce_file_format=True)
with open(f"{folder}/data.json", "w") as file:
    json.dump({"train": {"0": names}}, file)
