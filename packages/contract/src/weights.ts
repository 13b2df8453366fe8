import './zod-without-jit.ts';
import { z } from 'zod';
import { datasetNameSchema } from './dataset.ts';
import type { Fault } from './fault.ts';
import type { Need } from './method.ts';
import { sha256Schema } from './sha256.ts';

/** Name of weights that a user added: of the form of a dataset's. */
export const weightsNameSchema = datasetNameSchema;

/** A method's field for the weights that a network begins with; null: none, it begins with random ones. */
export const pretrainedSchema = weightsNameSchema.nullable();

/** Tensors by name, with their shapes: PyTorch's names and layouts. */
const shapesSchema = z.record(z.string().min(1).max(300), z.array(z.int().min(0)));

/** What weights are, as an artifact that nobody made: the tensors alone decide its key. */
export const weightsSpecSchema = z.strictObject({
  format: z.literal(1),
  /** SHA-256 of the safetensors file of the tensors, which lie in the order of their names. */
  content: sha256Schema,
});
export type WeightsSpec = z.infer<typeof weightsSpecSchema>;

/** What a name of weights stands for. A record of a later version may have further fields. */
export const weightsRecordSchema = z.object({
  name: weightsNameSchema,
  /** Of the artifact that holds them. */
  key: sha256Schema,
  /** SHA-256 of the file that was added. */
  file: sha256Schema,
  addedAt: z.iso.datetime(),
  tensors: shapesSchema,
});
export type WeightsRecord = z.infer<typeof weightsRecordSchema>;

/** First part of the object keys of weights, and their kind as artifacts. */
export const weightsKind = 'weights';

/** Object key of what a name of weights stands for. */
export const weightsRecordKey = (name: string): string => `${weightsKind}/names/${name}.json`;

/** Weights as what a maker needs; file `weights` holds the tensors. @param key as `PlanBasis.pretrained` has it */
export const weightsNeed = (key: string): Need => ({ kind: weightsKind, key, files: ['weights'] });

/** Which tensors a network takes. */
export interface TensorLayout {
  /** For people: `ResNet18 of torchvision`. */
  network: string;
  /** Shapes by name, all of which have to be there. */
  tensors: Readonly<Record<string, readonly number[]>>;
  /** Names of tensors that files of this network have and that are of no use here, such as its classifier's. */
  passes: RegExp;
}

/** Weights that a run asks for. */
export interface PretrainedWeights {
  /** The field that names them. */
  path: string;
  name: string;
  layout: TensorLayout;
}

const shapeText = (shape: readonly number[]) => `[${shape.join(', ')}]`;

/** Every tensor of which weights are not those that a network takes: one that is missing, of another shape, or of another network. */
export function layoutFaults(
  { path, name, layout }: PretrainedWeights,
  tensors: Readonly<Record<string, readonly number[]>>,
): Fault[] {
  const fault = (tensor: string, message: string): Fault => ({
    path,
    message: `weights ${name}: tensor ${tensor}: ${message}`,
  });
  const expected = Object.entries(layout.tensors).flatMap(([tensor, shape]) => {
    const got = tensors[tensor];
    if (got !== undefined && shapeText(got) === shapeText(shape)) return [];
    const came = got === undefined ? 'none' : shapeText(got);
    return [fault(tensor, `expected ${shapeText(shape)} for ${layout.network}, got ${came}`)];
  });
  const others = Object.entries(tensors).flatMap(([tensor, shape]) =>
    layout.tensors[tensor] !== undefined || layout.passes.test(tensor)
      ? []
      : [fault(tensor, `expected none of this name for ${layout.network}, got ${shapeText(shape)}`)],
  );
  return [...expected, ...others];
}
