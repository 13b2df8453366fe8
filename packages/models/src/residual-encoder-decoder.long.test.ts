import { describe } from 'vitest';
import { proveNetwork } from './layers/prove-network.testing.ts';
import { decidedWeights } from './reference.testing.ts';
import { residualEncoderDecoder } from './residual-encoder-decoder.ts';

/** Thirty layers of float32, and batch normalisation of 16 values in the middle. A wrong derivative is off by far more. */
const deep = { ofAll: 5e-5, ofOwn: 5e-3 };

describe('NSA’s encoder-decoder', () => {
  const weights = decidedWeights(residualEncoderDecoder().parameters, 1);
  proveNetwork('encoder-decoder', {
    entry: [4, 64, 64, 1],
    output: [4, 64, 64, 1],
    weights,
    tolerance: deep,
  });
});
