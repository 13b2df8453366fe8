import { trainableCount } from '@ddad/models';
import { expect, test } from 'vitest';
import { draemNetworks } from './networks.ts';

test('has the source’s number of parameters, under its names', () => {
  const { parameters: own } = draemNetworks(128);
  // 97.4 million, as the source's two networks have.
  expect(Math.round(trainableCount(own) / 1e5) / 10).toBe(97.4);
  const names = own.map(({ name }) => name);
  for (const name of [
    'encoder.block1.0.weight',
    'decoder.up4.2.running_var',
    'encoder_segment.block6.4.bias',
  ])
    expect(names).toContain(name);
  expect(own.find(({ name }) => name === 'decoder_segment.db1.0.weight')!.pytorchShape).toEqual([
    256, 768, 3, 3,
  ]);
});
