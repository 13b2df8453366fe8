/** Own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"k": 1, "epochs": 250, "batchSize": 64, "learningRate": 0.0005, "precision": "float32"}
  "k"                 networks, whose reconstructions are averaged; those of a run of ddad on the same images are found
  "latentSize": 16    values of the latent code, 4 to 1024
  "wideLayer": 2048   units of the two linear layers beside it, 16 to 8192
  "beta1": 0.5        of Adam, 0 to below 1; its other beta is 0.999
  "recipe": "paper"   the last weights count, in place of a mean over the last tenth of the epochs ("steady")`;
