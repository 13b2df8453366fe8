import type { Widths } from './architecture.ts';
import { autoencoder } from './autoencoder.ts';
import type { BackboneModel } from './backbone-model.ts';
import { memoryAutoencoder } from './memory-autoencoder.ts';
import { uncertaintyAutoencoder } from './uncertainty-autoencoder.ts';

/** All backbones by the name that a run's input carries. A further one is a file of its own and a line here. */
const backbones: Readonly<Record<string, (imageSize: number, widths: Widths) => BackboneModel>> = {
  ae: autoencoder,
  aeu: uncertaintyAutoencoder,
  memae: memoryAutoencoder,
};

/**
 * @param imageSize side of the square images in pixels, a multiple of 16
 * @param widths the paper's where they are absent
 * @throws Error that names the backbones there are, where `name` is none of them; RangeError on another size
 */
export function backbone(name: string, imageSize: number, widths: Widths = {}): BackboneModel {
  if (!Object.hasOwn(backbones, name)) {
    throw new Error(`backbone: expected one of ${Object.keys(backbones).join(', ')}, got ${name}`);
  }
  return backbones[name]!(imageSize, widths);
}
