import { describe, expect, it } from 'vitest';
import { initialise, trainableCount } from './parameters.ts';
import { residualEncoderDecoder } from './residual-encoder-decoder.ts';

describe('NSA’s encoder-decoder', () => {
  const { parameters } = residualEncoderDecoder();

  it('has as many parameters as the source’s, under its names', () => {
    // ResNet18 of one channel 11,170,240; 1×1 convolutions 512·256 + 256·128; blocks of (in·out + out²)·9 + in·out weights and three norms.
    const block = (from: number, to: number) => (from * to + to * to) * 9 + from * to + 6 * to;
    const decoder = 512 * 256 + 256 * 128 + block(128, 64) + block(64, 32) + block(32, 16) + 16 * 49;
    expect(trainableCount(parameters)).toBe(11_170_240 + decoder);
    const shape = (name: string) => parameters.find((one) => one.name === name)?.pytorchShape.join('×');
    expect(shape('nin.2.weight')).toBe('128×256×1×1');
    expect(shape('uplayer1.0.conv1.weight')).toBe('128×64×3×3');
    expect(shape('uplayer3.0.upsample.0.weight')).toBe('32×16×1×1');
    expect(shape('uplayer3.0.upsample.1.running_var')).toBe('16');
    expect(shape('convtranspose1.weight')).toBe('16×1×7×7');
  });

  it('starts its convolutions with He’s normal distribution, and the transposed ones as PyTorch does', () => {
    const weights = initialise(parameters, 1);
    const values = (name: string) => [...weights.get(name)!.data];
    const deviation = (name: string) => Math.hypot(...values(name)) / Math.sqrt(values(name).length);
    // √(2/fan-out), of 32,768 and 2,304 values.
    expect(deviation('nin.2.weight') / Math.sqrt(2 / 128)).toBeCloseTo(1, 1);
    expect(deviation('uplayer3.0.conv2.weight') / Math.sqrt(2 / (16 * 9))).toBeCloseTo(1, 1);
    // Uniform in ±1/√fan-in, which PyTorch counts on a transposed convolution's outputs.
    const largest = Math.max(...values('uplayer3.0.conv1.weight').map(Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(16 * 9));
    expect(largest).toBeGreaterThan(0.99 / Math.sqrt(16 * 9));
  });
});
