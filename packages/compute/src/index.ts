export { elu, leakyRelu, sigmoid, tanh } from './activations.ts';
export { batchNormInfer, batchNormTrain } from './batch-norm.ts';
export { type ConvolutionForm, convolve, convolveTransposed } from './convolve.ts';
export { dropoutMask, maskSeed, maskSeedSize } from './dropout-mask.ts';
export { tensorflowEnvironment } from './environment.ts';
export { type InferenceStep, type InferenceStepDefinition, inferenceStep } from './inference-step.ts';
export { gradientPenalty, inputSlopes, refuseSecondDerivative, slopesBeside } from './input-slopes.ts';
export {
  byEpoch,
  cosine,
  type LearningRate,
  poly,
  stepDecay,
  warmUp,
} from './learning-rate.ts';
export {
  type AdamSettings,
  adam,
  type OptimiserSettings,
  type RmspropSettings,
  rmsprop,
  type SgdSettings,
  sgd,
} from './optimisers/index.ts';
export { type Phase, type PhasedStepDefinition, phase, type StepLoss, type Tensors } from './phase.ts';
export { type PhasedState, type PhasedStep, phasedStep } from './phased-step.ts';
export type { StepFigures } from './phased-variables.ts';
export { type RandomStream, randomStream } from './random.ts';
export { recordedEnvironment } from './recorded-environment.ts';
export { NotRecordable } from './recording.ts';
export { relu } from './relu.ts';
export { rowsAt } from './rows-at.ts';
export { usualStepsACall } from './steps-a-call.ts';
export { type Shapes, sizeOf, type TensorData } from './tensor-data.ts';
export { backend, type Tensor, tensorflowVersion, tf } from './tensorflow.ts';
export { type TrainStep, type TrainStepDefinition, trainStep } from './train-step.ts';
export { transposedConvolution } from './transposed-convolution.ts';
