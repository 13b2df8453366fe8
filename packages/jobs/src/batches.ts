/** A batch: the images `order[start] ... order[start + batchSize - 1]`. */
export interface Batch {
  epoch: number;
  order: Uint32Array;
  start: number;
}

/**
 * Batches of one epoch after the other, by their number 0, 1, ... from the first epoch on; the last incomplete batch of an epoch is
 * dropped.
 * @param order order of the images in an epoch: a function of the epoch alone
 * @throws RangeError where there is no complete batch
 */
export function batchesOf({
  images,
  batchSize,
  order,
}: {
  images: number;
  batchSize: number;
  order: (epoch: number) => Uint32Array;
}): (number: number) => Batch {
  const perEpoch = Math.floor(images / batchSize);
  if (!(perEpoch >= 1))
    throw new RangeError(`batch size: expected at most the ${images} training images, got ${batchSize}`);
  let made: { epoch: number; order: Uint32Array } | null = null;
  return (number) => {
    const epoch = Math.floor(number / perEpoch);
    if (made?.epoch !== epoch) made = { epoch, order: order(epoch) };
    return { ...made, start: (number - epoch * perEpoch) * batchSize };
  };
}
