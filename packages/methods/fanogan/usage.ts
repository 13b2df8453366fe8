/** f-AnoGAN's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"width": 16, "batchSize": 16, "generatorSteps": 3000, "encoderSteps": 10000, "learningRate": 0.0001,
   "encoderLearningRate": 0.00005}
  "width"             channels of the networks' widest maps; the source has 64
  "generatorSteps"    updates of the generator, each behind five of the critic
  "encoderSteps"      updates of the encoder; the source takes 50000`;
