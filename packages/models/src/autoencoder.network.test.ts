import { proveBackbone } from './prove-backbone.testing.ts';

proveBackbone('ae', { batchSize: 16, steps: 5, trainable: 34 });
