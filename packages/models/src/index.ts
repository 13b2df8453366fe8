export type { Widths } from './architecture.ts';
export { type AsrNet, asrNet } from './asr-net.ts';
export type { BackboneModel, LossResult, Reconstruction } from './backbone-model.ts';
export { backbone } from './backbones.ts';
export type { Tensors } from './blocks.ts';
export { type Drop, dropInPasses, dropInTraining } from './dropout.ts';
export { focalLoss } from './focal-loss.ts';
export type { FrozenEncoder } from './frozen-encoder.ts';
export * from './layers/index.ts';
export { linearCka } from './linear-cka.ts';
export {
  bufferNames,
  fromPyTorch,
  type Initial,
  initialise,
  type ParameterSpec,
  shapesOf,
  toPyTorch,
  trainableCount,
  trainableNames,
} from './parameters.ts';
export { type EncoderDecoder, residualEncoderDecoder } from './residual-encoder-decoder.ts';
export { type ResNet18, resnet18, resnet18Features } from './resnet18.ts';
export { gaussianWindow, type SimilarityWindow, scaleWeights, windowMatrixOf } from './similarity-window.ts';
export {
  multiScaleSimilarity,
  type SimilaritySettings,
  structuralSimilarity,
} from './structural-similarity.ts';
