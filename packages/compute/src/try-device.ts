/**
 * A process that shows that TensorFlow loads and that its device computes: it sends `{ computed: true }` over IPC, or ends
 * with a message on standard error and code 1.
 */
import { backend, tf } from './tensorflow.ts';

const size = 64;

// Loading took seconds: a parent that died meanwhile is not heard of any more.
if (!process.connected) process.exit(1);
process.on('disconnect', () => process.exit(1));

const sums = tf.tidy(() => {
  const rows = tf.tile(tf.range(0, size, 1, 'float32').expandDims(1), [1, size]);
  return Array.from(tf.matMul(rows, tf.onesLike(rows)).dataSync());
});
// Row i of the product holds the sum of 64 times i: whole numbers, exact on every device.
const wrong = sums.findIndex((sum, index) => sum !== size * Math.floor(index / size));
if (wrong !== -1) {
  const device = backend().isUsingGpuDevice ? 'GPU' : 'processor';
  const expected = size * Math.floor(wrong / size);
  console.error(`the ${device} gave ${sums[wrong]} for a product's element ${wrong}, expected ${expected}`);
  process.exit(1);
}
process.send?.({ computed: true }, undefined, {}, () => process.exit(0));
