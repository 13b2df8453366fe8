import { type Tensor, tf } from '@ddad/compute';
import {
  activation,
  batchNorm,
  beside,
  chain,
  conv2d,
  focalLoss,
  type Layer,
  maxPool,
  type ParameterSpec,
  type Pass,
  structuralSimilarity,
  upsampleBilinear,
} from '@ddad/models';

/** Both networks of DRAEM, one behind the other. */
export interface DraemNetworks {
  /** Under the source's names: `encoder` and `decoder` reconstruct, `encoder_segment` and `decoder_segment` tell what was changed. */
  parameters: readonly ParameterSpec[];
  /**
   * @param images grey values in 0..1, [N,S,S,1], S a multiple of 32; the networks read three equal channels
   * @returns `reconstruction` [N,S,S,3]; `probabilities` [N,S,S,2], sum 1 over the last axis: normal, anomalous
   */
  apply(images: Tensor, pass: Pass): { reconstruction: Tensor; probabilities: Tensor };
}

const colours = 3;

/** Convolution, batch normalisation and ReLU, `NAME.FIRST` and the number behind it. */
const unit = (name: string, first: number, inputs: number, outputs: number): Layer =>
  chain(
    conv2d(`${name}.${first}`, inputs, outputs, { kernel: 3, padding: 1 }),
    batchNorm(`${name}.${first + 1}`, outputs),
    activation('relu'),
  );

/** Two of them. */
const block = (name: string, inputs: number, hidden: number, outputs = hidden): Layer =>
  chain(unit(name, 0, inputs, hidden), unit(name, 3, hidden, outputs));

/** To twice the side, bilinear with corners that stay corners, and one of them. */
const up = (name: string, inputs: number, outputs: number): Layer =>
  chain(upsampleBilinear(), unit(name, 1, inputs, outputs));

const half = maxPool({ kernel: 2, stride: 2 });

/** Images [N,S,S,3] to [N,S,S,3] by a code of [N,S/16,S/16,8·width]. @param width channels at the images' own side */
export function reconstructor(width: number): Layer {
  const [w, w2, w4, w8] = [1, 2, 4, 8].map((factor) => factor * width) as [number, number, number, number];
  return chain(
    block('encoder.block1', colours, w), // [N,S,S,w]
    half,
    block('encoder.block2', w, w2), // [N,S/2,S/2,2w]
    half,
    block('encoder.block3', w2, w4), // [N,S/4,S/4,4w]
    half,
    block('encoder.block4', w4, w8), // [N,S/8,S/8,8w]
    half,
    block('encoder.block5', w8, w8), // [N,S/16,S/16,8w]
    up('decoder.up1', w8, w8),
    block('decoder.db1', w8, w8, w4),
    up('decoder.up2', w4, w4),
    block('decoder.db2', w4, w4, w2),
    up('decoder.up3', w2, w2),
    block('decoder.db3', w2, w2, w),
    up('decoder.up4', w, w),
    block('decoder.db4', w, w),
    conv2d('decoder.fin_out.0', w, colours, { kernel: 3, padding: 1 }),
  );
}

/** A U-Net of six levels: reconstruction and images, [N,S,S,6], to logits of normal and anomalous, [N,S,S,2]. */
export function segmenter(width: number): Layer {
  const [w, w2, w4, w8] = [1, 2, 4, 8].map((factor) => factor * width) as [number, number, number, number];
  /** A level's block, what lies below it beside what it gave, and the block that joins them. */
  const level = (
    number: number,
    inputs: number,
    channels: number,
    { below, rise, risen, join }: { below: Layer; rise: string; risen: [number, number]; join: string },
  ): Layer =>
    chain(
      block(`encoder_segment.block${number}`, inputs, channels),
      beside(chain(half, below, up(`decoder_segment.${rise}`, ...risen))),
      block(`decoder_segment.${join}`, risen[1] + channels, risen[1]),
    );
  const sixth = block('encoder_segment.block6', w8, w8);
  const fifth = level(5, w8, w8, { below: sixth, rise: 'up_b', risen: [w8, w8], join: 'db_b' });
  const fourth = level(4, w4, w8, { below: fifth, rise: 'up1', risen: [w8, w4], join: 'db1' });
  const third = level(3, w2, w4, { below: fourth, rise: 'up2', risen: [w4, w2], join: 'db2' });
  const second = level(2, w, w2, { below: third, rise: 'up3', risen: [w2, w], join: 'db3' });
  const first = level(1, 2 * colours, w, { below: second, rise: 'up4', risen: [w, w], join: 'db4' });
  return chain(first, conv2d('decoder_segment.fin_out.0', w, 2, { kernel: 3, padding: 1 }));
}

/** The source's start: weights of convolutions and scales of batch normalisations drawn, all else as PyTorch has it. */
function drawn(parameters: readonly ParameterSpec[]): ParameterSpec[] {
  const names = new Set(parameters.map(({ name }) => name));
  return parameters.map((parameter) => {
    const { name, pytorchShape } = parameter;
    if (pytorchShape.length === 4)
      return { ...parameter, initial: { kind: 'normal', mean: 0, deviation: 0.02 } };
    const scales = name.endsWith('.weight') && names.has(name.replace(/weight$/, 'running_mean'));
    return scales ? { ...parameter, initial: { kind: 'normal', mean: 1, deviation: 0.02 } } : parameter;
  });
}

/** @param width channels of the reconstruction at the images' own side, even; the segmentation has half of them. The source's are 128 */
export function draemNetworks(width: number): DraemNetworks {
  const [reconstruct, segment] = [reconstructor(width), segmenter(width / 2)];
  return {
    parameters: drawn([...reconstruct.parameters, ...segment.parameters]),
    apply(images, pass) {
      const three = tf.concat([images, images, images], 3);
      const reconstruction = reconstruct.apply(three, pass);
      const logits = segment.apply(tf.concat([reconstruction, three], 3), pass);
      return { reconstruction, probabilities: tf.softmax(logits) };
    },
  };
}

/** Of DRAEM's structural similarity: the window's side, of images of any size; their values lie in 0..1. */
const similarity = { window: 11, range: 1, padding: 'zeros' } as const;

/**
 * DRAEM's loss: of the reconstruction mean square and structural dissimilarity, of the probabilities the focal loss.
 * @param images what the reconstruction is to be, in 0..1, [N,S,S,1]
 * @param masks 1 where the images were changed, else 0, [N,S,S,1]
 */
export function draemLoss(
  { reconstruction, probabilities }: ReturnType<DraemNetworks['apply']>,
  images: Tensor,
  masks: Tensor,
): { loss: Tensor; square: Tensor; dissimilarity: Tensor; focal: Tensor } {
  const square = tf.mean(tf.squaredDifference(reconstruction, images));
  const dissimilarity = tf.sub(
    1,
    tf.mean(structuralSimilarity(images, reconstruction, similarity).similarity),
  );
  const focal = focalLoss(probabilities, masks);
  return { loss: tf.addN([square, dissimilarity, focal]), square, dissimilarity, focal };
}
