"""Sources for heat maps, and what pydicom reads of them.

heat-map.testing.py source FILE [bare]   writes a CT-like slice, implicit VR; bare: without UIDs of study and series
heat-map.testing.py read SOURCE HEATMAP  checks the heat map with pydicom's strictest reading; prints its facts as JSON
"""

import json
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset, validate_file_meta
from pydicom.pixels import apply_modality_lut
from pydicom.uid import UID, CTImageStorage, ImplicitVRLittleEndian

geometry = ['ImagePositionPatient', 'ImageOrientationPatient', 'PixelSpacing', 'FrameOfReferenceUID', 'Rows', 'Columns']
shared = ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyInstanceUID', 'StudyDate', 'StudyID',
          'AccessionNumber', 'SpecificCharacterSet', 'InstanceNumber', *geometry]


def source(file, bare):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = '1.2.3.4.5'
    data = FileDataset(file, {}, file_meta=meta, preamble=b'\0' * 128)
    data.SpecificCharacterSet = 'ISO_IR 192'
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, '1.2.3.4.5'
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = 'Müller^Jörg', 'P1', '19500101', 'O'
    data.StudyDate, data.StudyID, data.AccessionNumber = '20260102', 'S1', 'A1'
    if not bare:
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = '1.2.3', '1.2.3.4', '1.2.9'
    data.InstanceNumber = 7
    data.ImagePositionPatient, data.ImageOrientationPatient = [-10.5, 20, 30.25], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing = [0.5, 0.75]
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 96, 128, 1, 'MONOCHROME2'
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelData = (np.arange(96 * 128) % 4096).astype('<u2').tobytes()
    data.save_as(file, implicit_vr=True, little_endian=True)


def read(of, file):
    pydicom.config.settings.reading_validation_mode = pydicom.config.RAISE
    original, found = pydicom.dcmread(of), pydicom.dcmread(file)
    validate_file_meta(found.file_meta, enforce_standard=True)
    # Every value is converted, so that a faulty one is found.
    def convert(_dataset, element):
        element.value
    found.walk(convert)
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert list(found.keys()) == sorted(found.keys())
    for keyword in ['SOPInstanceUID', 'SeriesInstanceUID', 'StudyInstanceUID']:
        assert UID(found[keyword].value).is_valid, keyword
    for keyword in ['ConversionType', 'Modality', 'SeriesNumber', 'ImageType', 'StudyTime', 'ReferringPhysicianName']:
        assert keyword in found, keyword
    for keyword in shared:
        assert found[keyword].value == original[keyword].value, keyword
    values = apply_modality_lut(found.pixel_array, found)
    print(json.dumps({
        'sopClass': found.SOPClassUID.name,
        'instance': found.SOPInstanceUID,
        'series': found.SeriesInstanceUID,
        'description': found.SeriesDescription,
        'source': [found.SourceImageSequence[0].ReferencedSOPClassUID.name,
                   found.SourceImageSequence[0].ReferencedSOPInstanceUID],
        'shape': values.shape,
        'corners': [float(values[0, 0]), float(values[0, -1]), float(values[-1, 0]), float(values[-1, -1])],
        'mean': float(values.mean()),
    }))


{'source': lambda file, *bare: source(file, bool(bare)), 'read': read}[sys.argv[1]](*sys.argv[2:])
