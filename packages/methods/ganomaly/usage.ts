/** GANomaly's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"epochs": 250, "batchSize": 64, "learningRate": 0.001}
  "epochs"            the source takes 600 for the Brain Tumor benchmark
  "batchSize"         images a step of either network`;
