import { proveBackbone, proveFromNewWeights } from './prove-backbone.testing.ts';

proveBackbone('ae', { batchSize: 16, steps: 20, trainable: 34 });
proveFromNewWeights('ae', 16);
