import { trainableCount } from '@ddad/models';
import { expect, test } from 'vitest';
import { igdNetworks } from './networks.ts';

test('has the source’s parts at 256 px, and fewer of them at 64', () => {
  const count = (imageSize: number, part: 'encoder' | 'projection' | 'decoder' | 'critic') =>
    trainableCount(igdNetworks(imageSize, 64)[part].parameters);
  // Convolutions of a block from i to o channels: 9·i·o + 9·o² + o, shortcut i·o + o, norms 2·i + 2·o.
  const block = (i: number, o: number) => 9 * i * o + 9 * o * o + o + (i * o + o) + 2 * i + 2 * o;
  const blocks = block(512, 512) + block(512, 256) + block(256, 128) + block(128, 64);
  const around = 129 * 8192 + (9 * 512 * 512 + 512) + 2 * 64 + (25 * 64 * 3 + 3);
  expect(count(256, 'decoder')).toBe(around + blocks);
  expect(count(64, 'decoder')).toBe(around + blocks - (9 * 512 * 512 + 512) - block(512, 512));
  // torchvision's ResNet18 without its classifier: 11,689,512 − 513,000.
  expect(count(256, 'encoder')).toBe(11_176_512);
  expect(count(256, 'projection')).toBe(512 * 128 + 128);
  const down = (i: number, o: number) => 9 * i * i + 9 * i * o + o + (i * o + o) + 4 * i;
  const downs = down(64, 128) + down(128, 256) + down(256, 512) + down(512, 512);
  expect(count(256, 'critic')).toBe(25 * 3 * 64 + 64 + downs + 9 * 512 * 512 + 512 + 8193);
});
