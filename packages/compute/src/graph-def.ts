import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Binding, OpAttribute } from './tensorflow.ts';

// Field numbers below are those of tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto and
// tensorflow/core/protobuf/{saved_model,meta_graph}.proto.

/** A node of a TensorFlow graph. `inputs`: "name:output", or "^name" for a control edge. */
export interface GraphNode {
  name: string;
  op: string;
  inputs: string[];
  attributes: OpAttribute[];
  /** For Const. */
  value?: { dtype: number; shape: number[]; bytes: Uint8Array };
}

function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

function shapeProto(shape: readonly number[]): Uint8Array {
  return message((w) => {
    for (const size of shape) w.uint32((2 << 3) | 2).bytes(message((dim) => dim.uint32(1 << 3).int64(size)));
  });
}

function attributeValue(binding: Binding, { name, type, value }: OpAttribute): Uint8Array {
  return message((w) => {
    if (Array.isArray(value) && type !== binding.TF_ATTR_SHAPE) {
      w.uint32((1 << 3) | 2).bytes(
        message((list) => {
          for (const item of value as (number | boolean)[]) {
            if (type === binding.TF_ATTR_INT) list.uint32(3 << 3).int64(item as number);
            else if (type === binding.TF_ATTR_FLOAT) list.uint32((4 << 3) | 5).float(item as number);
            else if (type === binding.TF_ATTR_BOOL) list.uint32(5 << 3).bool(item as boolean);
            else throw new Error(`attribute ${name}: lists of kind ${type} are not supported in graphs`);
          }
        }),
      );
    } else if (type === binding.TF_ATTR_STRING) w.uint32((2 << 3) | 2).bytes(Buffer.from(String(value)));
    else if (type === binding.TF_ATTR_INT) w.uint32(3 << 3).int64(value as number);
    else if (type === binding.TF_ATTR_FLOAT) w.uint32((4 << 3) | 5).float(value as number);
    else if (type === binding.TF_ATTR_BOOL) w.uint32(5 << 3).bool(value as boolean);
    else if (type === binding.TF_ATTR_TYPE) w.uint32(6 << 3).int32(value as number);
    else if (type === binding.TF_ATTR_SHAPE) w.uint32((7 << 3) | 2).bytes(shapeProto(value as number[]));
    else throw new Error(`attribute ${name}: kind ${type} is not supported in graphs`);
  });
}

function attributeEntry(name: string, value: Uint8Array): Uint8Array {
  return message((w) =>
    w
      .uint32((1 << 3) | 2)
      .string(name)
      .uint32((2 << 3) | 2)
      .bytes(value),
  );
}

function nodeDef(binding: Binding, node: GraphNode): Uint8Array {
  return message((w) => {
    w.uint32((1 << 3) | 2)
      .string(node.name)
      .uint32((2 << 3) | 2)
      .string(node.op);
    for (const input of node.inputs) w.uint32((3 << 3) | 2).string(input);
    for (const attribute of node.attributes) {
      w.uint32((5 << 3) | 2).bytes(attributeEntry(attribute.name, attributeValue(binding, attribute)));
    }
    const { value } = node;
    if (value === undefined) return;
    const tensor = message((t) =>
      t
        .uint32(1 << 3)
        .int32(value.dtype)
        .uint32((2 << 3) | 2)
        .bytes(shapeProto(value.shape))
        .uint32((4 << 3) | 2)
        .bytes(value.bytes),
    );
    w.uint32((5 << 3) | 2).bytes(
      attributeEntry(
        'dtype',
        message((a) => a.uint32(6 << 3).int32(value.dtype)),
      ),
    );
    w.uint32((5 << 3) | 2).bytes(
      attributeEntry(
        'value',
        message((a) => a.uint32((8 << 3) | 2).bytes(tensor)),
      ),
    );
  });
}

/** The only form in which tfjs-node's addon takes a graph: a SavedModel, here without variables files or signatures. */
export function savedModel(binding: Binding, nodes: readonly GraphNode[], tag: string): Uint8Array {
  const graph = message((w) => {
    for (const node of nodes) w.uint32((1 << 3) | 2).bytes(nodeDef(binding, node));
    // GraphDef producer version: 1882 is TensorFlow 2.16's; attributes at their defaults may be left out.
    w.uint32((4 << 3) | 2).bytes(message((versions) => versions.uint32(1 << 3).int32(1882)));
  });
  const metaInfo = message((w) =>
    w
      .uint32((4 << 3) | 2)
      .string(tag)
      .uint32((5 << 3) | 2)
      .string(binding.TF_Version),
  );
  const metaGraph = message((w) =>
    w
      .uint32((1 << 3) | 2)
      .bytes(metaInfo)
      .uint32((2 << 3) | 2)
      .bytes(graph),
  );
  return message((w) =>
    w
      .uint32(1 << 3)
      .int64(1)
      .uint32((2 << 3) | 2)
      .bytes(metaGraph),
  );
}
