import { expect, test } from 'vitest';
import { instructionsOf, processorFlags } from './instructions.ts';

test('processors of the same name that compute differently are told apart', () => {
  const common = ['sse4_1', 'avx', 'avx2', 'fma'];
  expect(instructionsOf(new Set(common))).toBe('avx2');
  expect(instructionsOf(new Set([...common, 'avx512f']))).toBe('avx512f');
  expect(instructionsOf(new Set([...common, 'avx512f', 'avx512_vnni', 'avx512_bf16']))).toBe('avx512_bf16');
  expect(instructionsOf(new Set())).toBe('other');
});

test('this machine has flags that are known', () => {
  expect(instructionsOf(processorFlags())).not.toBe('other');
});
