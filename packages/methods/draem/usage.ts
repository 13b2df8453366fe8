/** DRAEM's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"epochs": 700, "batchSize": 8, "learningRate": 0.0001, "width": 16}
  "epochs"            passes over the normal images
  "width"             channels of the reconstruction at the images' own side, even; the source's 128 need a GPU`;
