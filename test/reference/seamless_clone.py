"""What OpenCV's seamlessClone and resize make of real slices: numbers that packages/anomaly is held against.

    seamless_clone.py BRAIN OUTPUT      the folder of the Brain Tumor benchmark; writes JSON

OpenCV is not among the tests' Python packages: `pip install opencv-python-headless pillow` in an environment of its own. The file that the
tests read was made with opencv-python-headless 5.0.0.
"""

import base64
import json
import os
import sys

import cv2
import numpy as np
from PIL import Image

SIDE = 128
# Destination, source (positions in D_n), the box's top, left, height, width, and the factor of the mask.
CASES = [
    (0, 1, 40, 44, 10, 12, 1.0),
    (2, 3, 30, 52, 21, 18, 1.0),
    (4, 5, 44, 36, 32, 45, 1.0),
    (6, 7, 62, 30, 13, 40, 0.5),
    (8, 9, 20, 24, 60, 47, 0.21),
    (10, 11, 0, 40, 24, 25, 0.93),
]
# Height and width of a piece, and of what it is resized to.
SIZES = [(10, 12, 14, 9), (21, 18, 21, 23), (32, 45, 25, 34)]


def text(pixels):
    return base64.b64encode(np.ascontiguousarray(pixels, np.uint8).tobytes()).decode()


def main():
    brain, output = sys.argv[1:]
    with open(os.path.join(brain, 'data.json')) as file:
        names = json.load(file)['train']['0']

    def slice_of(position):
        image = Image.open(os.path.join(brain, 'images', names[position])).convert('L')
        return np.asarray(image.resize((SIDE, SIDE), Image.BILINEAR))

    blends = []
    for destination, source, top, left, height, width, factor in CASES:
        own, piece = slice_of(destination), slice_of(source)[top : top + height, left : left + width]
        # A frame of zeros around the mask, which seamlessClone wants; the box that it blends in is the mask's.
        mask = np.zeros((height + 2, width + 2), np.uint8)
        mask[1:-1, 1:-1] = np.ceil(factor * 255)
        framed = np.pad(piece, 1)
        three = lambda grey: np.dstack([grey, np.zeros_like(grey), np.zeros_like(grey)])
        # Beside the border of the image a box would not lie within it with its frame.
        around = np.pad(own, 2, mode='edge')
        centre = (2 + left + width // 2, 2 + top + height // 2)
        made = cv2.seamlessClone(three(framed), three(around), mask, centre, cv2.MIXED_CLONE)[2:-2, 2:-2, 0]
        outside = np.ones_like(own, bool)
        outside[top : top + height, left : left + width] = False
        assert (made == own)[outside].all(), 'the blend left its box'
        box = np.s_[top : top + height, left : left + width]
        blends.append(
            {
                'height': height,
                'width': width,
                'weight': float(np.ceil(factor * 255) / 255),
                'destination': text(own[box]),
                'piece': text(piece),
                'blended': text(made[box]),
            }
        )
    resized = []
    for number, (height, width, new_height, new_width) in enumerate(SIZES):
        piece = slice_of(number)[40 : 40 + height, 40 : 40 + width]
        made = cv2.resize(piece, (new_width, new_height))
        resized.append(
            {
                'height': height,
                'width': width,
                'newHeight': new_height,
                'newWidth': new_width,
                'piece': text(piece),
                'resized': text(made),
            }
        )
    with open(output, 'w') as file:
        json.dump({'opencv': cv2.__version__, 'blends': blends, 'resized': resized}, file, indent=1)
        file.write('\n')


main()
