import { expect, it } from 'vitest';
import { runPython } from './reference.testing.ts';

it('has a reference whose hand-written derivatives equal finite differences', () => {
  expect(runPython('check_gradients.py', [])).toMatch(
    /autoencoder: 34 parameters[\s\S]*AE-U: 34 parameters[\s\S]*MemAE: 35 parameters[\s\S]*ASR-Net of 2: 10 parameters/,
  );
}, 150_000);
