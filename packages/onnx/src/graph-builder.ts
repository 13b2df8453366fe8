import type { NamedTensor } from '@ddad/storage/safetensors';
import {
  AttributeProto,
  AttributeProto_AttributeType,
  ModelProto,
  type NodeProto,
  TensorProto,
  TensorProto_DataType,
  ValueInfoProto,
} from './gen/onnx/onnx.ts';
import type { WeightSink } from './weight-sinks.ts';

/** Name of a value within a graph. */
export type Value = string;

/** The operators' version, and the file format's that came with it. */
export const opset = 17;
const irVersion = 8;

const elementTypes = { uint8: TensorProto_DataType.UINT8, float: TensorProto_DataType.FLOAT } as const;
export type ElementType = keyof typeof elementTypes;

/** Builds a model node by node. Every tensor is laid out as PyTorch does: [N,C,H,W]. */
export class GraphBuilder {
  readonly #weights: WeightSink;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  #made = 0;

  constructor(weights: WeightSink) {
    this.#weights = weights;
  }

  /** @param shape `N` stands for any number of images */
  input(name: string, type: ElementType, shape: readonly (number | 'N')[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Makes a value one of the model's results. */
  output(name: string, value: Value, shape: readonly (number | 'N')[]): void {
    this.node('Identity', [value], {}, [name]);
    this.#outputs.push(valueInfo(name, 'float', shape));
  }

  /** A network that is used twice has its weights once. */
  weight(name: string, tensor: NamedTensor): Value {
    if (!this.#initializers.has(name)) this.#initializers.set(name, this.#weights.add(name, tensor));
    return name;
  }

  /** A constant that broadcasts against everything. */
  scalar(value: number): Value {
    const name = `constant ${value}`;
    const rawData = Buffer.from(Float32Array.of(value).buffer);
    const tensor = { name, dims: [], dataType: TensorProto_DataType.FLOAT, rawData };
    if (!this.#initializers.has(name)) this.#initializers.set(name, TensorProto.fromPartial(tensor));
    return name;
  }

  /** A list of whole numbers, such as a shape. */
  integers(values: readonly number[]): Value {
    const name = `integers ${values.join(' ')}`;
    const rawData = Buffer.from(BigInt64Array.from(values, BigInt).buffer);
    const tensor = { name, dims: [values.length], dataType: TensorProto_DataType.INT64, rawData };
    if (!this.#initializers.has(name)) this.#initializers.set(name, TensorProto.fromPartial(tensor));
    return name;
  }

  /** Adds an operator with one result. */
  op(opType: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const name = `${opType} ${this.#made}`;
    this.node(opType, inputs, attributes, [name]);
    return name;
  }

  /** Adds an operator. @param outputs names of its results */
  node(
    opType: string,
    inputs: readonly Value[],
    attributes: Attributes,
    outputs: readonly Value[],
  ): readonly Value[] {
    this.#nodes.push({
      name: `${opType} ${this.#made++}`,
      opType,
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      metadataProps: [],
      deviceConfigurations: [],
    });
    return outputs;
  }

  /**
   * @param name of the graph
   * @param metadata texts that the file carries
   * @returns the file's content
   */
  build(name: string, doc: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    return ModelProto.encode(
      ModelProto.fromPartial({
        irVersion,
        producerName: 'ddad',
        producerVersion: '0.1.0',
        docString: doc,
        opsetImport: [{ domain: '', version: opset }],
        metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
        graph: {
          name,
          node: this.#nodes,
          initializer: [...this.#initializers.values()],
          input: this.#inputs,
          output: this.#outputs,
        },
      }),
    ).finish();
  }
}

/** Numbers that are whole are ONNX integers, others floats: none of the operators used here takes a whole-numbered float. */
export type Attributes = Readonly<Record<string, Attribute>>;
type Attribute = number | string | readonly number[];

function attribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string')
    return AttributeProto.fromPartial({
      name,
      type: AttributeProto_AttributeType.STRING,
      s: Buffer.from(value),
    });
  if (typeof value !== 'number') {
    return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.INTS, ints: [...value] });
  }
  return AttributeProto.fromPartial(
    Number.isInteger(value)
      ? { name, type: AttributeProto_AttributeType.INT, i: value }
      : { name, type: AttributeProto_AttributeType.FLOAT, f: value },
  );
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | 'N')[]): ValueInfoProto {
  const dim = shape.map((side) => (side === 'N' ? { dimParam: 'N' } : { dimValue: side }));
  return ValueInfoProto.fromPartial({
    name,
    type: { tensorType: { elemType: elementTypes[type], shape: { dim } } },
  });
}
