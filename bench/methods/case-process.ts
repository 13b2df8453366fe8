/**
 * Times our training step of a method: `case-process.ts NAME STEPS` prints a JSON line. Threads are the environment's, as TensorFlow
 * reads them when it loads.
 */
import type { MethodCase } from './method-case.ts';

const [name, count] = process.argv.slice(2);
const steps = Number(count);
const { methodCase } = (await import(`./${name}.ts`)) as { methodCase: MethodCase };

/** Mean times of `times` calls, in milliseconds. */
function timed(times: number, call: (number: number) => void): { ms: number; cpuMs: number } {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  for (let number = 0; number < times; number++) call(number);
  const used = process.cpuUsage(cpu);
  return { ms: (performance.now() - wall) / times, cpuMs: (used.user + used.system) / 1000 / times };
}

let step = null as unknown as ReturnType<MethodCase['open']>;
const first = timed(1, () => {
  step = methodCase.open();
  step.run(0);
});
timed(2, (number) => step.run(1 + number));
const figures = timed(steps, (number) => step.run(3 + number));
const inputs = step.inputs === undefined ? null : timed(steps, (number) => step.inputs?.(3 + number));
console.log(
  JSON.stringify({
    form: 'ours',
    ...figures,
    firstSeconds: first.ms / 1000,
    firstCpuSeconds: first.cpuMs / 1000,
    imagesPerSecond: (1000 * methodCase.batchSize) / figures.ms,
    ...(inputs === null ? {} : { inputMs: inputs.cpuMs }),
  }),
);
