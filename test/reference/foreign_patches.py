"""Labels, object masks and turned images as NSA's recipe has them, by scipy and Pillow: what packages/anomaly is compared with.

    foreign_patches.py INPUTS OUTPUT

INPUTS (safetensors, float32): before and after [N,S,S], grey values; touched [N,S,S], 1 where patches were pasted; degrees [N]; sizes [3],
the windows of the object's and the label's median and the radius of the intensity's disc. OUTPUT: objects of `before`, support (where a
pixel has changed), intensity (the label from how much), turned (`before`, by degrees, without a shift), [N,S,S] each.
"""

import sys

import numpy as np
from PIL import Image
from scipy.ndimage import median_filter

import reference


def main():
    inputs, output = sys.argv[1:]
    given = reference.load(inputs)
    window, support_window, radius = given['sizes'].astype(int)
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    # scikit-image's median(image, disk(radius)) is this.
    disc = rows**2 + columns**2 <= radius**2
    found = {'objects': [], 'support': [], 'intensity': [], 'turned': []}
    for before, after, touched, degrees in zip(given['before'], given['after'], given['touched'], given['degrees']):
        found['objects'].append(median_filter((before > 20).astype(np.uint8), window, mode='nearest'))
        changed = np.abs(touched * before - touched * after) > 1
        support = median_filter(changed.astype(np.uint8), support_window, mode='nearest')
        intensity = median_filter(np.abs(support * before - support * after), footprint=disc, mode='nearest')
        found['support'].append(support)
        found['intensity'].append(support / (1 + np.exp(-0.5 * (intensity - 4))))
        image = Image.fromarray(before.astype(np.uint8))
        found['turned'].append(np.asarray(image.rotate(degrees, resample=Image.NEAREST)))
    reference.save(output, {name: np.stack(values) for name, values in found.items()})


main()
