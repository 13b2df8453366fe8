/** CutPaste's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"steps": 2000, "batchSize": 32, "learningRate": 0.03, "pretrained": null}
  "steps"             updates of the network; the source takes 10000 at 256 px
  "batchSize"         images a step, each as it is, with a patch and with a scar
  "pretrained": "name"     weights of torchvision's ResNet18 to begin with, as "ddad weights add" named them`;
