import { type Tensor, tf } from '@ddad/compute';
import {
  activation,
  batchNorm,
  chain,
  conv2d,
  convTranspose2d,
  instanceNorm,
  type Layer,
  linear,
  type ParameterSpec,
  type Pass,
} from '@ddad/models';
import { type Convolution, codeMaps, doublings, halvings, parts, widths } from './architecture.ts';

/**
 * Batch normalisation that never goes by running statistics, as the source's networks are never in inference mode: in training by the
 * batch's own, else by each image's own, which are those of a batch of one.
 */
function ownStatistics(name: string, channels: number): Layer {
  const batch = batchNorm(name, channels);
  const alone = instanceNorm();
  return {
    parameters: batch.parameters,
    apply(x, pass) {
      if (pass.mode === 'train') return batch.apply(x, pass);
      const normal = alone.apply(x, pass);
      return tf.add(tf.mul(normal, weightOf(pass, `${name}.weight`)), weightOf(pass, `${name}.bias`));
    },
  };
}

function weightOf({ weights }: Pass, name: string): Tensor {
  const tensor = weights[name];
  if (tensor === undefined) throw new Error(`weights: expected a tensor ${name}, got none`);
  return tensor;
}

const form = { kernel: 4, stride: 2, padding: 1, bias: false } as const;

function behind({ norm, outputs }: Convolution): Layer[] {
  return norm === null ? [] : [ownStatistics(norm, outputs), activation('relu')];
}

const halving = (layer: Convolution) =>
  chain(conv2d(layer.name, layer.inputs, layer.outputs, form), ...behind(layer));
const doubling = (layer: Convolution) =>
  chain(convTranspose2d(layer.name, layer.inputs, layer.outputs, form), ...behind(layer));

/** Images [N,S,S,1] to codes [N,16]; there is no batch normalisation in the linear layers. */
function encoder(prefix: string, imageSize: number): Layer {
  const maps = codeMaps(imageSize);
  return chain(
    ...halvings(prefix).map(halving),
    linear(`${prefix}.linear_enc.0`, maps.size, widths.linear, { from: maps }),
    activation('relu'),
    linear(`${prefix}.linear_enc.2`, widths.linear, widths.latent),
  );
}

/** Codes [N,16] to images [N,S,S,1], without an activation at the end. */
function decoder(prefix: string, imageSize: number): Layer {
  const maps = codeMaps(imageSize);
  return chain(
    linear(`${prefix}.linear_dec.0`, widths.latent, widths.linear),
    activation('relu'),
    linear(`${prefix}.linear_dec.2`, widths.linear, maps.size, { to: maps }),
    ...doublings(prefix).map(doubling),
  );
}

/** What the generator makes of images x [N,S,S,1]. */
export interface Reconstruction {
  /** z, [N,16]. */
  code: Tensor;
  /** x̂, like x. */
  image: Tensor;
  /** ẑ: the second encoder's code of x̂. */
  second: Tensor;
}

export interface Generator {
  /** 3,520,192 trainable values at 64 px. */
  parameters: readonly ParameterSpec[];
  reconstruct(images: Tensor, pass: Pass): Reconstruction;
}

/** @param imageSize S, a multiple of 16 */
export function generator(imageSize: number): Generator {
  const [first, back, second] = [
    encoder(parts.encoder, imageSize),
    decoder(parts.decoder, imageSize),
    encoder(parts.second, imageSize),
  ];
  return {
    parameters: [first, back, second].flatMap(({ parameters }) => parameters),
    reconstruct(images, pass) {
      const code = first.apply(images, pass);
      const image = back.apply(code, pass);
      return { code, image, second: second.apply(image, pass) };
    },
  };
}

export interface Discriminator {
  parameters: readonly ParameterSpec[];
  /** @param images [N,S,S,1] @returns `features` [N,1024], and `logits` [N,1] of being real, whose sigmoid is the source's output */
  judge(images: Tensor, pass: Pass): { features: Tensor; logits: Tensor };
}

/** @param imageSize S, a multiple of 16 */
export function discriminator(imageSize: number): Discriminator {
  const maps = codeMaps(imageSize);
  const trunk = chain(
    ...halvings(parts.discriminator).map(halving),
    linear(`${parts.discriminator}.features.0`, maps.size, widths.linear, { from: maps }),
    activation('relu'),
  );
  const head = linear(`${parts.discriminator}.classifier.0`, widths.linear, 1);
  return {
    parameters: [...trunk.parameters, ...head.parameters],
    judge(images, pass) {
      const features = trunk.apply(images, pass);
      return { features, logits: head.apply(features, pass) };
    },
  };
}
