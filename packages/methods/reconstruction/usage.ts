/** Own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"k": 1, "epochs": 250, "batchSize": 64, "learningRate": 0.0005, "precision": "float32"}
  "k"                 networks, whose reconstructions are averaged; those of a run of ddad on the same images are found
  "latentSize": 16    values of the latent code, 4 to 1024; "wideLayer": 2048, units of the linear layers beside it
  "recipe": "paper"   the last weights count, in place of a mean over the last tenth of the epochs ("steady")`;
