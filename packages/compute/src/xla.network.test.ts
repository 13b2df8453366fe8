import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tensorflowEnvironment } from './environment.ts';

/** TensorFlow reads its settings when it loads: a process each. */
async function train(xla: boolean) {
  const entry = join(import.meta.dirname, 'xla-entry.testing.ts');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [entry], {
    env: { ...process.env, ...tensorflowEnvironment(1, { xla }), TF_CPP_MIN_LOG_LEVEL: '0' },
    timeout: 170_000,
  });
  const { losses, environment } = JSON.parse(stdout.trim().split('\n').at(-1) as string) as {
    losses: number[];
    environment: Record<string, unknown>;
  };
  return { losses, environment, compiled: stderr.includes('Compiled cluster using XLA!') };
}

it('XLA compiles a training step, with images that lie in the graph and two steps a call: its losses agree to 1e-5', async () => {
  const [with_, without] = [await train(true), await train(false)];
  expect(with_.compiled).toBe(true);
  expect(without.compiled).toBe(false);
  expect(with_.losses).toHaveLength(10);
  expect(with_.losses[9]).toBeLessThan(with_.losses[0]!);
  with_.losses.forEach((loss, i) => {
    expect(Math.abs(loss / without.losses[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-5);
  });
  // It rounds otherwise, which whoever compares bytes has to know.
  expect(with_.environment.xla).toBe('on');
  expect(Object.keys(without.environment)).not.toContain('xla');
}, 180_000);
