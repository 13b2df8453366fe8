import {
  cosine,
  type Phase,
  type PhasedStep,
  phase,
  phasedStep,
  sgd,
  sizeOf,
  type TensorData,
  usualStepsACall,
} from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { inSequence, runPhases, type Turns } from '@ddad/jobs/training';
import {
  bufferNames,
  initialise,
  resnet18Features,
  shapesOf,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { givenResnet18 } from '../given-resnet18.ts';
import { stretchesOf } from '../stretches.ts';
import { trainedResult, writeTensors, writeWeights } from '../trained-result.ts';
import { classBatches } from './class-batches.ts';
import { classifier, crossEntropy, trunk } from './classifier.ts';
import { classes } from './cut-and-paste.ts';
import { unitFeatures } from './features.ts';
import { type ClassifierSpec, classifierInput } from './kinds.ts';
import { frozenSteps } from './settings.ts';

/** SGD's settings beside the learning rate. */
const momentum = 0.9;
const weightDecay = 3e-5;

/** What is trained: the whole network, or its head alone while pretrained weights stay as they are. */
export type ClassifierPhase = 'classify' | 'head';

/**
 * The training step: all classes of a batch of images at once, as batch normalisation sees them together. With pretrained weights it
 * has two phases, which share the falling rate; the head's momentum begins anew with the second.
 */
export function classifierStep(
  spec: Pick<ClassifierSpec, 'imageSize' | 'batchSize' | 'learningRate' | 'steps' | 'pretrained'>,
  { stepsACall, mode }: { stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<ClassifierPhase> {
  const { imageSize, batchSize, learningRate, steps, pretrained } = spec;
  const network = classifier(classifierInput(spec));
  const { trainable, buffers } = shapesOf(network.parameters);
  const rate = cosine({ from: learningRate, steps });
  const phaseOf = (trains: readonly string[], before: number) =>
    phase({
      trains,
      renews: bufferNames(network.parameters),
      inputs: { images: [classes.length * batchSize, imageSize, imageSize, 1] },
      loss(weights, running, { images }) {
        const pass = trainingPass(weights, running);
        return { loss: crossEntropy(network.classify(images, pass)), buffers: pass.renewed };
      },
      optimiser: sgd({ learningRate: (done) => rate(before + done), momentum, weightDecay }),
    });
  const all = trainableNames(network.parameters);
  const phases: Partial<Record<ClassifierPhase, Phase>> =
    pretrained === undefined
      ? { classify: phaseOf(all, 0) }
      : { head: phaseOf(trainableNames(network.head), 0), classify: phaseOf(all, frozenSteps) };
  return phasedStep({
    weights: trainable,
    buffers,
    phases: phases as Record<ClassifierPhase, Phase>,
    stepsACall,
    mode,
  });
}

/** Which phase a step belongs to. */
const turnsOf = ({ pretrained }: ClassifierSpec): Turns<ClassifierPhase> =>
  pretrained === undefined
    ? () => 'classify'
    : inSequence([frozenSteps, () => 'head' as const], [1, () => 'classify' as const]);

/** What the network begins with: of given weights the trunk's, all else as the seed draws it. */
async function firstWeights(task: MakeTask<ClassifierSpec>): Promise<Map<string, TensorData>> {
  const { seed, pretrained } = task.spec;
  const input = classifierInput(task.spec);
  const weights = initialise(classifier(input).parameters, seed);
  if (pretrained === undefined) return weights;
  return new Map([...weights, ...(await givenResnet18(task, trunk(input).parameters))]);
}

/**
 * CutPaste's first stage: trains the network to tell the classes apart, with pretrained weights its head alone at first, and writes its weights under PyTorch's names and layouts, and
 * the features of the images that it was trained on, which the second stage takes for what normal ones are like.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainClassifier(
  task: MakeTask<ClassifierSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, imageSize: side, batchSize } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = classBatches({ images, side, seed, batchSize });
  const input = classifierInput(spec);
  const { parameters } = classifier(input);
  const step = classifierStep(spec, { stepsACall: task.stepsACall ?? usualStepsACall(), mode: 'graph' });
  try {
    step.write(await firstWeights(task));
    const stretches = stretchesOf(spec.steps);
    const headSteps = spec.pretrained === undefined ? 0 : frozenSteps;
    const places = Array.from(
      { length: step.stepsACall },
      () => new Float32Array(sizeOf([classes.length * batchSize, side, side])),
    );
    const outcome = await runPhases({
      step,
      turns: turnsOf(spec),
      epochs: stretches.count,
      stepsPerEpoch: stretches.steps,
      lastEpoch: stretches.last,
      batchSize,
      inputs({ phase: own, number, place }) {
        const target = places[place]!;
        // Images go on where the head's steps left them.
        write(own === 'classify' ? number + headSteps : number, target);
        return { images: target };
      },
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = step.read();
    // TensorFlow has another graph to compile.
    context.ready();
    const features = await unitFeatures({ weights, input, images, side }, () => goesOn(context));
    if (features === null) return null;
    const shape = [features.length / resnet18Features, resnet18Features];
    return trainedResult(task, outcome, {
      weights: await writeWeights(task, parameters, weights),
      features: await writeTensors(task, 'features', new Map([['features', { shape, data: features }]])),
    });
  } finally {
    step.dispose();
  }
}
