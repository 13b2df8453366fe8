import { createRequire } from 'node:module';
import type * as TensorFlow from '@tensorflow/tfjs-node-gpu';

const require = createRequire(import.meta.url);

// tfjs-node 4.22 calls two helpers that Node 23 removed.
const legacyUtil = require('node:util') as {
  isNullOrUndefined?: (value: unknown) => boolean;
  isArray?: (value: unknown) => boolean;
};
legacyUtil.isNullOrUndefined ??= (value) => value === null || value === undefined;
legacyUtil.isArray ??= Array.isArray;

/**
 * Never touched, so that it takes no memory. V8 13.6 keeps count of what lies in ArrayBuffers, and ends the process where more is given
 * back than it counts (`Check failed: amount_before >= -delta`): its sweeper, which works beside us, can be ahead of the count. A process
 * that hands many small arrays to the addon and holds little else came to that once in some thirty starts; with this it does not.
 */
export const countedReserve = new ArrayBuffer(64 * 2 ** 20);

/** tfjs with the TensorFlow backend. Every call blocks the event loop: only child processes load this. */
export const tf = require('@tensorflow/tfjs-node-gpu') as typeof TensorFlow;
export type Tensor = TensorFlow.Tensor;

/** An attribute of a TensorFlow op, as tfjs-node's addon takes it. */
export interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** What the addon tells of a tensor that it made. */
export interface TensorInfo {
  id: number;
  shape: number[];
  dtype: number;
}

type TypedArray = Float32Array | Int32Array | Uint8Array;

/** The part of tfjs-node's addon that we call ourselves. */
export interface Binding {
  TF_FLOAT: number;
  TF_INT32: number;
  TF_BOOL: number;
  TF_ATTR_STRING: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_TYPE: number;
  TF_ATTR_SHAPE: number;
  TF_Version: string;
  createTensor(shape: number[], dtype: number, values: TypedArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TypedArray;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorInfo[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): TensorInfo[];
  isUsingGpuDevice(): boolean;
}

/** tfjs-node's backend, as far as we use it. */
export interface NodeBackend {
  binding: Binding;
  isUsingGpuDevice: boolean;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: Tensor[],
    outputs: number,
  ): Tensor[];
  getInputTensorIds(tensors: Tensor[]): number[];
}

export function backend(): NodeBackend {
  return tf.backend() as unknown as NodeBackend;
}

/** Version of the TensorFlow library in use, like "2.21.0". */
export function tensorflowVersion(): string {
  return backend().binding.TF_Version;
}
