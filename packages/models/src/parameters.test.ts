import type { TensorData } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import { asrNet } from './asr-net.ts';
import { backbone } from './backbones.ts';
import { fromPyTorch, initialise, type ParameterSpec, toPyTorch, trainableCount } from './parameters.ts';

const { parameters } = backbone('ae', 64);
const ofAeu = backbone('aeu', 64).parameters;
const ofMemae = backbone('memae', 64).parameters;
const dual = asrNet({ inputs: 2 }).parameters;

const named = (name: string, from: readonly ParameterSpec[] = parameters) => {
  const parameter = from.find((candidate) => candidate.name === name);
  if (parameter === undefined) throw new Error(`no ${name}`);
  return parameter;
};

describe('parameters', () => {
  it('are as many as counted by hand', () => {
    // Encoder 16·(1·16 + 16·32 + 32·64 + 64·64) = 106,752, its BatchNorm 2·(16 + 32 + 64 + 64) = 352.
    // Linear: 1024·2048 + 2048, 2·2048, 2048·16 + 16 = 2,136,080; 16·2048 + 2048, 2·2048, 2048·1024 + 1024 = 2,137,088.
    // Decoder 106,752, its BatchNorm 2·(64 + 32 + 16) = 224.
    expect(trainableCount(parameters)).toBe(106_752 + 352 + 2_136_080 + 2_137_088 + 106_752 + 224);
    expect(trainableCount(parameters)).toBe(4_487_248);
    // A second output channel of the last layer: 16·16 more. 25 slots of 16 values: 400 more.
    expect(trainableCount(ofAeu)).toBe(4_487_248 + 256);
    expect(trainableCount(ofMemae)).toBe(4_487_248 + 400);
    // 9·(2·128 + 128·128 + 128·2) weights, 128 + 128 + 2 biases, BatchNorm 2·(128 + 128).
    expect(trainableCount(dual)).toBe(9 * (256 + 16_384 + 256) + 258 + 512);
    expect(trainableCount(dual)).toBe(152_834);
    expect(trainableCount(asrNet({ inputs: 1 }).parameters)).toBe(152_834 - 9 * 128);
  });

  it("carry the names and shapes of the authors' PyTorch modules", () => {
    expect(parameters.slice(0, 6).map(({ name, pytorchShape }) => [name, pytorchShape.join()])).toEqual([
      ['encoder.0.weight', '16,1,4,4'],
      ['encoder.1.weight', '16'],
      ['encoder.1.bias', '16'],
      ['encoder.1.running_mean', '16'],
      ['encoder.1.running_var', '16'],
      ['encoder.3.weight', '32,16,4,4'],
    ]);
    expect(named('linear_enc.3.weight').pytorchShape).toEqual([16, 2048]);
    expect(named('decoder.3.weight').pytorchShape).toEqual([64, 32, 4, 4]);
    expect(parameters.some(({ name }) => name === 'decoder.9.bias')).toBe(false);
    expect(named('decoder.9.weight', ofAeu).pytorchShape).toEqual([16, 2, 4, 4]);
    expect(named('mem_rep.memory.weight', ofMemae).pytorchShape).toEqual([25, 16]);
    expect(ofAeu.map(({ name }) => name)).toEqual(parameters.map(({ name }) => name));
    const between = ofMemae.findIndex(({ name }) => name === 'mem_rep.memory.weight');
    expect(ofMemae.map(({ name }) => name).toSpliced(between, 1)).toEqual(parameters.map(({ name }) => name));
    expect([ofMemae[between - 1]?.name, ofMemae[between + 1]?.name]).toEqual([
      'linear_enc.3.bias',
      'linear_dec.0.weight',
    ]);
    expect(named('model.6.bias', dual).pytorchShape).toEqual([2]);
  });

  it('lie in memory where TensorFlow looks for them', () => {
    const counted = (parameter: ParameterSpec): TensorData => ({
      shape: parameter.pytorchShape,
      data: Float32Array.from({ length: parameter.pytorchShape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    });
    const inside = (name: string) => {
      const parameter = named(name);
      return fromPyTorch([parameter], new Map([[name, counted(parameter)]])).get(name)!.data;
    };
    // O,I,H,W = (5,2,1,3) of 32,16,4,4 is number ((5·16 + 2)·4 + 1)·4 + 3; H,W,I,O = (1,3,2,5).
    expect(inside('encoder.3.weight')[((1 * 4 + 3) * 16 + 2) * 32 + 5]).toBe(((5 * 16 + 2) * 4 + 1) * 4 + 3);
    // Transposed: I,O,H,W = (7,2,1,3) of 64,32,4,4; H,W,O,I.
    expect(inside('decoder.3.weight')[((1 * 4 + 3) * 32 + 2) * 64 + 7]).toBe(((7 * 32 + 2) * 4 + 1) * 4 + 3);
    // Linear on maps: out 9, channel 5, row 1, column 3 of 64,4,4 flattened; in memory (row, column, channel), out.
    expect(inside('linear_enc.0.weight')[((1 * 4 + 3) * 64 + 5) * 2048 + 9]).toBe(
      9 * 1024 + (5 * 4 + 1) * 4 + 3,
    );
    expect(inside('linear_dec.3.bias')[(1 * 4 + 3) * 64 + 5]).toBe((5 * 4 + 1) * 4 + 3);
  });

  it('return from PyTorch as they went', () => {
    const others = [named('decoder.9.weight', ofAeu), named('mem_rep.memory.weight', ofMemae)];
    for (const all of [parameters, others, dual]) {
      const tensors = initialise(all, 3);
      expect(fromPyTorch(all, toPyTorch(all, tensors))).toEqual(tensors);
    }
  });

  it('are refused with every fault at once', () => {
    const tensors = toPyTorch(dual, initialise(dual, 3));
    tensors.delete('model.0.bias');
    tensors.set('model.6.bias', { shape: [3], data: new Float32Array(3) });
    tensors.set('model.7.bias', { shape: [2], data: new Float32Array(2) });
    tensors.set('model.1.num_batches_tracked', { shape: [], data: new Float32Array(1) });
    expect(() => fromPyTorch(dual, tensors)).toThrow(
      'weights: model.7.bias: unknown tensor; model.0.bias: expected 128, got nothing; ' +
        'model.6.bias: expected 2, got 3',
    );
  });

  it('start within ±1/√fan_in and spread over it, BatchNorm at 1 and 0', () => {
    const tensors = initialise(parameters, 7);
    // fan_in: of a convolution inputs·16; of a transposed one outputs·16; of a linear layer its inputs.
    const fanIn = {
      'encoder.3.weight': 256,
      'decoder.3.weight': 512,
      'decoder.9.weight': 16,
      'linear_enc.0.weight': 1024,
      'linear_enc.3.bias': 2048,
      'linear_dec.0.weight': 16,
    };
    for (const [name, fan] of Object.entries(fanIn)) {
      const { data } = tensors.get(name)!;
      const bound = Math.fround(1 / Math.sqrt(fan));
      const most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      expect(most, name).toBeLessThanOrEqual(bound);
      expect(most, name).toBeGreaterThan(bound * 0.8);
    }
    // Slots: ±1/√16, of as many values as they have.
    const slots = initialise(ofMemae, 7).get('mem_rep.memory.weight')!.data.map(Math.abs);
    expect(Math.max(...slots)).toBeLessThanOrEqual(0.25);
    expect(Math.max(...slots)).toBeGreaterThan(0.2);
    expect(new Set(tensors.get('encoder.4.weight')!.data)).toEqual(new Set([1]));
    expect(new Set(tensors.get('encoder.4.bias')!.data)).toEqual(new Set([0]));
    expect(new Set(tensors.get('encoder.4.running_mean')!.data)).toEqual(new Set([0]));
    expect(new Set(tensors.get('encoder.4.running_var')!.data)).toEqual(new Set([1]));
  });

  it('start the same from the same seed, differently from another, whatever other parameters there are', () => {
    expect(initialise(dual, 5)).toEqual(initialise(dual, 5));
    const weight = (seed: number, all: readonly ParameterSpec[]) =>
      initialise(all, seed).get('model.3.weight');
    expect(weight(5, dual)).not.toEqual(weight(6, dual));
    expect(weight(5, [...dual].reverse())).toEqual(weight(5, dual));
  });
});

it('names the backbones there are when asked for another', () => {
  expect(() => backbone('toString', 64)).toThrow('backbone: expected one of ae, aeu, memae, got toString');
});
