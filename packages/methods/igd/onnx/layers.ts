import {
  addBatchNorm,
  addResNet18,
  addWeight,
  type GraphBuilder,
  type Network,
  type Value,
} from '@ddad/onnx';
import { blocksOf } from '../shape.ts';

const prefix = 'encoder.';

/** IGD's networks as operators; names are those of the parameters. */
export class Layers {
  readonly #network: Network;
  readonly #graph: GraphBuilder;
  readonly #twice: Value;

  constructor(network: Network) {
    this.#network = network;
    this.#graph = network.graph;
    this.#twice = this.#graph.weight('twice the sides', { shape: [4], data: Float32Array.of(1, 1, 2, 2) });
  }

  #weights(name: string, fields: readonly string[]): Value[] {
    return fields.map((field) => addWeight(this.#network, `${name}.${field}`));
  }

  #convolution(name: string, x: Value, { kernel = 3, bias = true } = {}): Value {
    const pad = (kernel - 1) / 2;
    return this.#graph.op('Conv', [x, ...this.#weights(name, bias ? ['weight', 'bias'] : ['weight'])], {
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
    });
  }

  #norm(name: string, x: Value): Value {
    return addBatchNorm(this.#network, name, x);
  }

  #relu(x: Value): Value {
    return this.#graph.op('Relu', [x]);
  }

  #linear(name: string, x: Value): Value {
    return this.#graph.op('Gemm', [x, ...this.#weights(name, ['weight', 'bias'])], { transB: 1 });
  }

  #up(x: Value): Value {
    return this.#graph.op('Resize', [x, '', this.#twice], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  }

  /** Normalised images [N,3,S,S] to codes [N,128]. */
  codes(images: Value): Value {
    const { weights } = this.#network;
    const own = new Map(
      [...weights].flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
      ),
    );
    const { features } = addResNet18({ graph: this.#graph, prefix, weights: own }, images);
    return this.#linear('projection', features);
  }

  #upBlock(name: string, x: Value): Value {
    const first = this.#up(this.#relu(this.#norm(`${name}.norm1`, x)));
    const hidden = this.#convolution(`${name}.conv1`, first, { bias: false });
    const main = this.#convolution(`${name}.conv2`, this.#relu(this.#norm(`${name}.norm2`, hidden)));
    const shortcut = this.#up(this.#convolution(`${name}.shortcut`, x, { kernel: 1 }));
    return this.#graph.op('Add', [main, shortcut]);
  }

  /** Codes [N,128] to normalised images [N,3,S,S]. */
  reconstruction(codes: Value, imageSize: number, width: number): Value {
    const { side, extra, blocks } = blocksOf(imageSize);
    const shape = [-1, blocks[0]!.wide * width, side, side];
    let x = this.#graph.op('Reshape', [this.#linear('decoder.ln1', codes), this.#graph.integers(shape)]);
    if (extra) x = this.#convolution('decoder.up1', this.#up(x));
    for (const { name } of blocks) x = this.#upBlock(`decoder.${name}`, x);
    const last = this.#up(this.#relu(this.#norm('decoder.bn', x)));
    return this.#convolution('decoder.up2', last, { kernel: 5 });
  }
}
