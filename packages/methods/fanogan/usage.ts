/** f-AnoGAN's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"width": 16, "batchSize": 16, "generatorSteps": 600, "encoderSteps": 2000, "learningRate": 0.0001,
   "encoderLearningRate": 0.00005}
  "width"             channels of the networks' widest maps; the source has 64
  "generatorSteps"    updates of the generator, each behind five of the critic; 3000 for the source's budget
  "encoderSteps"      updates of the encoder; the source takes 50000`;
