/**
 * What `ddad demo` makes and trains: as much as two processor cores get through in four minutes. Smaller batches than the
 * paper's and higher learning rates give members and refiners enough out of few epochs.
 */
export const demoSettings = {
  dataset: 'phantom',
  phantom: {
    seed: 1,
    train: 480,
    unlabeledNormal: 320,
    unlabeledAbnormal: 480,
    testNormal: 100,
    testAbnormal: 100,
  },
  run: {
    // All below was chosen for this one, which is not the default.
    backbone: 'ae',
    k: 3,
    seed: 0,
    epochs: 32,
    batchSize: 16,
    learningRate: 1e-3,
    // Of so few steps at such a rate a mean of the weights is no network yet.
    refiner: { recipe: 'paper', epochs: 6, learningRate: 3e-4 },
  },
};
