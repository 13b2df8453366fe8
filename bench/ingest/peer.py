"""The peer: what `dataset add` makes of a folder, by pydicom and Pillow in sys.argv[2] processes. Writes the pixels to sys.argv[3]
and prints a JSON line."""

import json
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pydicom
from PIL import Image

folder, processes, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def packed(name):
    values = pydicom.dcmread(f"{folder}/images/{name}").pixel_array
    low, high = values.min(), values.max()
    grey = ((values - low) * 1.0 / (high - low) * 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("L").resize((512, 512), resample=Image.BILINEAR)
    return image.resize((64, 64), resample=Image.BILINEAR).tobytes()


if __name__ == "__main__":
    with open(f"{folder}/data.json") as file:
        names = json.load(file)["train"]["0"]
    began = time.perf_counter()
    with ProcessPoolExecutor(processes) as pool, open(out, "wb") as file:
        for pixels in pool.map(packed, names, chunksize=8):
            file.write(pixels)
    seconds = time.perf_counter() - began
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    largest = usages[1].ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processorSeconds": processor, "peakMiB": largest * processes}))
