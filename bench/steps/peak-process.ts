/** Measures TensorFlow's matrix-product peak: `peak-process.ts THREADS` prints a JSON line. */
import { tf } from '@ddad/compute';

const threads = Number(process.argv[2]);
const size = 2048;
const [a, b] = [tf.randomUniform([size, size]), tf.randomUniform([size, size])];
let best = 0;
// The best of several, by the process's own time: a peak is what is left when nothing else interferes.
for (let i = 0; i < 10; i++) {
  const before = process.cpuUsage();
  const product = tf.matMul(a, b);
  product.dataSync();
  const { user, system } = process.cpuUsage(before);
  product.dispose();
  if (i > 0) best = Math.max(best, (2 * size ** 3 * threads) / ((user + system) / 1e6));
}
console.log(JSON.stringify({ form: 'matrix product, TensorFlow', precision: 'float32', gflops: best / 1e9 }));
