"""Writes NIfTI volumes with nibabel into sys.argv[1], and beside each NAME what numpy makes of its slices: NAME.AXIS.ref, all of
them in order, grey bytes, and NAME.json with the shape of the slices, and the window."""

import gzip
import json
import sys

import nibabel
import numpy as np

out = sys.argv[1]
rng = np.random.default_rng(11)
shape = (20, 24, 16)
x, y, z = np.meshgrid(*(np.linspace(-1, 1, side) for side in shape), indexing="ij")
head = (x / 0.8) ** 2 + (y / 0.9) ** 2 + (z / 0.95) ** 2 < 1
# Something in every octant that no other one has.
picture = np.where(head, 300 + 200 * x + 100 * y + 50 * z + 20 * rng.random(shape), 0)
diagonal = np.diag([1.0, 2.0, 3.0, 1.0])
diagonal[:3, 3] = -7, 3.5, 11


def turned(*rows):
    affine = np.eye(4)
    affine[:3, :3] = rows
    return affine


def rotated(degrees):
    a = np.deg2rad(degrees)
    return turned((np.cos(a), -np.sin(a), 0), (np.sin(a), np.cos(a), 0), (0, 0, 1)) @ diagonal


def save(name, data, affine, change=None, kind=nibabel.Nifti1Image, header=None):
    image = kind(data, affine, header)
    if header is None:
        image.header.set_data_dtype(data.dtype)
    if change:
        change(image.header)
    nibabel.save(image, f"{out}/{name}")


def slope(value, intercept):
    def change(header):
        header.set_slope_inter(value, intercept)

    return change


whole = picture.astype(np.int16)
save("ras.nii", whole, diagonal)
save("lps.nii.gz", whole, np.diag([-1.0, -2.0, 3.0, 1.0]))
save("permuted.nii.gz", whole, turned((0, 0, -3), (1, 0, 0), (0, -2, 0)))
save("oblique.nii", whole, rotated(30))
save("very-oblique.nii", whole, rotated(60))
save("unsigned.nii", (picture / 3).astype(np.uint8), diagonal)
with_gaps = picture.astype(np.float32)
with_gaps[3:6, 4:9, 5] = np.nan
save("float.nii", with_gaps, diagonal)
save("second.nii", whole, rotated(-20), kind=nibabel.Nifti2Image)
header = nibabel.Nifti1Header(endianness=">")
header.set_data_dtype(">i2")
save("big-endian.nii", whole, diagonal, header=header)


def rewritten(name, source, *changes):
    """Fields of the header as nibabel would not write them: struct format, place, value."""
    data = bytearray(open(f"{out}/{source}", "rb").read())
    for dtype, at, value in changes:
        raw = np.array(value, dtype).tobytes()
        data[at : at + len(raw)] = raw
    open(f"{out}/{name}", "wb").write(data)


rewritten("scaled.nii", "ras.nii", ("<f4", 112, 0.5), ("<f4", 116, -100))
rewritten("falling.nii", "ras.nii", ("<f4", 112, -2), ("<f4", 116, 7))
rewritten("slope-zero.nii", "ras.nii", ("<f4", 112, 0), ("<f4", 116, 9))
rewritten("slope-nan.nii", "ras.nii", ("<f4", 112, np.nan), ("<f4", 116, np.nan))
# By qform alone, and by neither.
rewritten("qform.nii", "very-oblique.nii", ("<i2", 254, 0), ("<i2", 252, 1))
# A turn of 180° whose quaternion is rounded to 2e-7 short of 1.
half = ("<f4", 256, [np.sqrt(0.5) - 7e-8, np.sqrt(0.5) - 7e-8, 0])
rewritten("half-turn.nii", "qform.nii", half)
rewritten("no-form.nii", "ras.nii", ("<i2", 252, 0), ("<i2", 254, 0))
save("mask.nii", head.astype(np.uint8), diagonal)
save("one-more.nii", whole[..., np.newaxis], diagonal)

views = {
    "axial": (2, lambda v, k: v[::-1, ::-1, k].T),
    "coronal": (1, lambda v, k: v[::-1, k, ::-1].T),
    "sagittal": (0, lambda v, k: v[k, ::-1, ::-1].T),
}
names = "ras.nii lps.nii.gz permuted.nii.gz oblique.nii very-oblique.nii unsigned.nii float.nii second.nii big-endian.nii"
names += " scaled.nii falling.nii slope-zero.nii slope-nan.nii qform.nii half-turn.nii no-form.nii mask.nii one-more.nii"
facts = {}
for name in names.split():
    image = nibabel.as_closest_canonical(nibabel.load(f"{out}/{name}"))
    values = np.asarray(image.dataobj, dtype=np.float64).reshape(image.shape[:3])
    finite = values[np.isfinite(values)]
    above = finite[finite > finite.min()]
    low, high = np.percentile(above, [0.5, 99.9])
    if not low < high:
        low = finite.min()
    grey = np.clip(np.nan_to_num((values - low) / (high - low) * 255, nan=0), 0, 255).astype(np.uint8)
    facts[name] = {"window": [low, high], "shapes": {}, "affine": image.affine.tolist()}
    for view, (axis, cut) in views.items():
        slices = [cut(grey, k) for k in range(grey.shape[axis])]
        facts[name]["shapes"][view] = [len(slices), *slices[0].shape]
        with open(f"{out}/{name}.{view}.ref", "wb") as file:
            file.write(b"".join(np.ascontiguousarray(one).tobytes() for one in slices))
with open(f"{out}/facts.json", "w") as file:
    json.dump(facts, file)

# What is refused.
save("series.nii", np.repeat(whole[..., np.newaxis], 3, axis=3), diagonal)
save("complex.nii", picture.astype(np.complex64), diagonal)
data = open(f"{out}/ras.nii", "rb").read()
open(f"{out}/cut.nii", "wb").write(data[:-100])
packed = gzip.compress(data)
open(f"{out}/cut.nii.gz", "wb").write(packed[:-100])
open(f"{out}/text.gz", "wb").write(gzip.compress(b"no volume " * 100))
pair = bytearray(data)
pair[344:348] = b"ni1\0"
open(f"{out}/pair.nii", "wb").write(pair)
