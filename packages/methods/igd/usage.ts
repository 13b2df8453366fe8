/** IGD's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"epochs": 256, "batchSize": 16, "learningRate": 0.0001, "width": 16, "pretrained": null}
  "epochs"            passes over the normal images
  "width"             channels of decoder and critic at the images' own side; the source takes 64
  "pretrained"        name of a ResNet18's weights ("ddad weights add"), for an encoder that stays as it is; null: trained`;
