import { expect, test } from 'vitest';
import { tensorflowEnvironment } from './environment.ts';

test('oneDNN is asked for on every processor, as TensorFlow itself takes it on some alone', () => {
  expect(tensorflowEnvironment(1).TF_ENABLE_ONEDNN_OPTS).toBe('1');
});
