"""Sources for heat maps, and what pydicom reads of them.

heat-map.testing.py source FILE [bare]              writes a CT-like slice, implicit VR; bare: without UIDs of study and series
heat-map.testing.py source FILE plain FRAMES        the same with several frames, and one place for all of them
heat-map.testing.py source FILE enhanced FRAMES     an Enhanced CT, whose frames have their places in functional groups
heat-map.testing.py read SOURCE HEATMAP [FRAME]     checks the heat map with pydicom's strictest reading; prints its facts as JSON
"""

import json
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset, validate_file_meta
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage, ImplicitVRLittleEndian

place = {'ImagePositionPatient': 'PlanePositionSequence', 'ImageOrientationPatient': 'PlaneOrientationSequence',
         'PixelSpacing': 'PixelMeasuresSequence', 'ImagerPixelSpacing': 'FramePixelDataPropertiesSequence'}
shared = ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyInstanceUID', 'StudyDate', 'StudyID',
          'AccessionNumber', 'SpecificCharacterSet', 'FrameOfReferenceUID', 'Rows', 'Columns']


def source(file, kind='plain', frames='1'):
    frames, storage = int(frames), EnhancedCTImageStorage if kind == 'enhanced' else CTImageStorage
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = storage
    meta.MediaStorageSOPInstanceUID = '1.2.3.4.5'
    data = FileDataset(file, {}, file_meta=meta, preamble=b'\0' * 128)
    data.SpecificCharacterSet = 'ISO_IR 192'
    data.SOPClassUID, data.SOPInstanceUID = storage, '1.2.3.4.5'
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = 'Müller^Jörg', 'P1', '19500101', 'O'
    data.StudyDate, data.StudyID, data.AccessionNumber = '20260102', 'S1', 'A1'
    if kind != 'bare':
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = '1.2.3', '1.2.3.4', '1.2.9'
    data.InstanceNumber = 7
    if kind == 'enhanced':
        data.SharedFunctionalGroupsSequence = one(
            PlaneOrientationSequence=one(ImageOrientationPatient=[0, 1, 0, 0, 0, -1]),
            PixelMeasuresSequence=one(PixelSpacing=[0.25, 0.5], SliceThickness='3'),
            FramePixelDataPropertiesSequence=one(ImagerPixelSpacing=[0.5, 1]))
        # What a frame says itself goes before what is said of all.
        last = {'PixelMeasuresSequence': one(PixelSpacing=[0.125, 0.5], SliceThickness='1')}
        data.PerFrameFunctionalGroupsSequence = Sequence([
            group(FrameContentSequence=one(StackID='1'),
                  PlanePositionSequence=one(ImagePositionPatient=[-10.5 + 2 * frame, 20, 30.25]),
                  **(last if 1 < frames == frame else {}))
            for frame in range(1, frames + 1)])
        data['PerFrameFunctionalGroupsSequence'].is_undefined_length = True
    else:
        data.ImagePositionPatient, data.ImageOrientationPatient = [-10.5, 20, 30.25], [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceLocation = [0.5, 0.75], '30.25'
    if kind == 'enhanced' or frames > 1:
        data.NumberOfFrames = frames
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 96, 128, 1, 'MONOCHROME2'
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelData = (np.arange(frames * 96 * 128) % 4096).astype('<u2').tobytes()
    data.save_as(file, implicit_vr=True, little_endian=True)


def group(**elements):
    data = Dataset()
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data


def one(**elements):
    return Sequence([group(**elements)])


def place_of(original, frame):
    """Where a frame lies; None where the file says it not."""
    per_frame = original.get('PerFrameFunctionalGroupsSequence', [])
    places = [*per_frame[frame - 1:frame], *original.get('SharedFunctionalGroupsSequence', [])]
    def value(keyword, sequence):
        own = [groups[sequence].value[0].get(keyword) for groups in places if sequence in groups]
        first_only = keyword == 'ImagePositionPatient' and frame > 1
        return next((value for value in own if value is not None), None if first_only else original.get(keyword))
    return {keyword: value(keyword, sequence) for keyword, sequence in place.items()}


def read(of, file, frame=None):
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
    for keyword, value in place_of(original, int(frame or 1)).items():
        assert found.get(keyword) == value, (keyword, found.get(keyword), value)
    assert found.InstanceNumber == int(frame or original.InstanceNumber)
    assert found.SourceImageSequence[0].get('ReferencedFrameNumber') == (frame and int(frame))
    values = apply_modality_lut(found.pixel_array, found)
    print(json.dumps({
        'sopClass': found.SOPClassUID.name,
        'instance': found.SOPInstanceUID,
        'series': found.SeriesInstanceUID,
        'description': found.SeriesDescription,
        'source': [found.SourceImageSequence[0].ReferencedSOPClassUID.name,
                   found.SourceImageSequence[0].ReferencedSOPInstanceUID],
        'shape': values.shape,
        'place': {keyword: list(map(float, found[keyword].value)) for keyword in place if keyword in found},
        'thickness': found.get('SliceThickness'),
        'location': found.get('SliceLocation'),
        'corners': [float(values[0, 0]), float(values[0, -1]), float(values[-1, 0]), float(values[-1, -1])],
        'mean': float(values.mean()),
    }))


{'source': source, 'read': read}[sys.argv[1]](*sys.argv[2:])
