import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { byTurns } from '../by-turns.ts';
import { type BenchSettings, type Figure, jsonLines } from '../figures.ts';

const networks = ['ae', 'aeu', 'memae', 'asr'] as const;
/** Floating-point operations of a step: a multiplication and an addition each for forward, input and weight gradients. */
const operations: Record<string, number> = { ae: 5.9e9, aeu: 6.0e9, memae: 5.9e9, asr: 30e9 };
const batch = (network: string) => (network === 'asr' ? 8 : 64);
const targets: Record<string, number> = { ae: 0.7, aeu: 0.75, memae: 0.75, asr: 0.85 };

/**
 * A training step of every network, ours and the peer's forms by turns. Ratios are of CPU time and of wall time: on a machine
 * with other work only the first says something.
 */
export async function* part({ quick, threads, python }: BenchSettings): AsyncGenerator<Figure> {
  const peer = join(import.meta.dirname, '../peer');
  const threadsEnv = tensorflowEnvironment(threads);
  const ourPeak = join(import.meta.dirname, 'peak-process.ts');
  // Without these instructions PyTorch's bfloat16 takes minutes for what takes it a second in float32.
  const precisions = (await hasBfloat16()) ? (['float32', 'bfloat16'] as const) : (['float32'] as const);
  const peaks = [
    ...(await jsonLines(process.execPath, [ourPeak, String(threads)], threadsEnv)),
    ...(await jsonLines(python, [join(peer, 'peak.py'), String(threads), ...precisions])),
  ];
  yield* peaks;
  const [repetitions, count] = quick ? [1, 5] : [5, 20];
  for (const network of networks) {
    for (const precision of precisions) {
      const ours = join(import.meta.dirname, 'step-process.ts');
      const timings = await byTurns(
        repetitions,
        () => jsonLines(process.execPath, [ours, network, String(count), precision], threadsEnv),
        () => jsonLines(python, [join(peer, 'steps.py'), network, String(threads), String(count), precision]),
      );
      const peak = Math.max(
        ...peaks.filter((one) => one.precision === precision).map((one) => Number(one.gflops)),
      );
      for (const { form, ms, cpuMs, firstSeconds, firstCpuSeconds, ...ratios } of timings) {
        yield {
          network,
          precision,
          form,
          ms,
          cpuMs,
          imagesPerSecond: (1000 * batch(network)) / ms,
          shareOfPeak: operations[network]! / (cpuMs / 1000) / ((peak * 1e9) / threads),
          firstSeconds,
          firstCpuSeconds,
          ...(form === 'ours' ? { ...ratios, target: targets[network]! } : {}),
        };
      }
    }
  }
}

/** Whether this machine's processor has AVX-512, which bfloat16 products need here. */
async function hasBfloat16(): Promise<boolean> {
  return /^flags\s*:.*\bavx512bw\b/m.test(await readFile('/proc/cpuinfo', 'utf8'));
}
