import { rowsAt, type Shapes, type Tensor, type TensorData, type TrainStep } from '@ddad/compute';
import { gatherBatch } from '@ddad/dataset/packed-pixels';

/** How a training step comes by its batches. */
export interface TrainingImages {
  /** Whether they lie beside the step's weights alone, once `moveInto` was called. */
  resident: boolean;
  /** What the step is given, and what lies beside its weights. */
  inputs: Shapes;
  frozen: Shapes;
  /** The batch inside of the step, [B,S,S,1], as an ordinary function. */
  batch(inputs: Record<string, Tensor>, frozen: Record<string, Tensor>): Tensor;
  /**
   * To be called once, before the first step.
   * @param others what else never changes: a step is told all of it at once
   */
  moveInto(step: Pick<TrainStep, 'writeFrozen'>, others?: ReadonlyMap<string, TensorData>): void;
  /**
   * The step's inputs for the images `order[start] … order[start + B - 1]`.
   * @param place of the step in its call: inputs of different places share no memory
   */
  values(order: Uint32Array, start: number, place: number): Record<string, Float32Array>;
}

/**
 * Images that lie beside the network's weights, on the GPU where there is one: a step is told their positions only.
 * @param images [N, side, side]; N at most 2^24, as positions travel as float32
 */
export function residentImages(images: Float32Array, side: number, batchSize: number): TrainingImages {
  const shape = [images.length / side ** 2, side, side, 1];
  let waiting: Float32Array | null = images;
  return {
    resident: true,
    inputs: { positions: [batchSize] },
    frozen: { pixels: shape },
    batch: ({ positions }, { pixels }) => rowsAt(pixels!, positions!),
    moveInto(step, others = new Map()) {
      if (waiting === null) throw new Error('the images were moved into a step before');
      step.writeFrozen(new Map([...others, ['pixels', { shape, data: waiting }]]));
      // No second copy of them in this process.
      waiting = null;
    },
    values: (order, start) => ({ positions: Float32Array.from(order.subarray(start, start + batchSize)) }),
  };
}

/** Images that stay here: every step is given its batch. @param images [N, side, side] */
export function fedImages(images: Float32Array, side: number, batchSize: number): TrainingImages {
  const area = side * side;
  const buffers: Float32Array[] = [];
  return {
    resident: false,
    inputs: { images: [batchSize, side, side, 1] },
    frozen: {},
    batch: ({ images: batch }) => batch!,
    moveInto(step, others = new Map()) {
      if (others.size > 0) step.writeFrozen(others);
    },
    values(order, start, place) {
      buffers[place] ??= new Float32Array(batchSize * area);
      gatherBatch(images, area, order, start, buffers[place]);
      return { images: buffers[place] };
    },
  };
}
