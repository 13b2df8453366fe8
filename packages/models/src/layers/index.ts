export { type Activation, activation } from './activation.ts';
export {
  beside,
  chain,
  inferencePass,
  type Layer,
  named,
  type Pass,
  pure,
  residual,
  trainingPass,
} from './layer.ts';
export { batchNorm, instanceNorm, layerNorm, type Norm, norm } from './norms.ts';
export { globalMean, maxPool, meanPool, upsampleBilinear, upsampleNearest } from './resampling.ts';
export {
  basicBlock,
  type PreActivationSettings,
  preActivationBlock,
  transposedBasicBlock,
} from './residual-blocks.ts';
export { conv2d, convTranspose2d, linear } from './weighted.ts';
