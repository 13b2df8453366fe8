import type { ResumableStep } from './training-loop.ts';

/** A step whose state depends on every image it saw, and on their order, as a network's weights do. */
export function fakeStep(stepsACall = 1): ResumableStep {
  let steps = 0;
  let weight = 1;
  return {
    get steps() {
      return steps;
    },
    stepsACall,
    runSeveral: (batches) =>
      batches.map(({ images }) => {
        for (const image of images!) weight = Math.fround(weight * 0.9 + image);
        steps += 1;
        return weight / (steps + 1);
      }),
    readState: () => ({
      steps,
      tensors: new Map([['weight', { shape: [1], data: Float32Array.of(weight) }]]),
    }),
    writeState(state) {
      steps = state.steps;
      weight = state.tensors.get('weight')?.data[0] ?? Number.NaN;
    },
  };
}
