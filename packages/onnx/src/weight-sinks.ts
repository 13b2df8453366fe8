import type { NamedTensor } from '@ddad/storage/safetensors';
import { TensorProto, TensorProto_DataLocation, TensorProto_DataType } from './gen/onnx/onnx.ts';

/** Where a model's weights go. */
export interface WeightSink {
  /** Takes a tensor's values. @returns what the model itself says of it */
  add(name: string, tensor: NamedTensor): TensorProto;
}

const bytesOf = ({ data }: NamedTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Weights within the model: one file, which protobuf limits to 2 GB. */
export const inlineWeights: WeightSink = {
  add: (name, tensor) =>
    TensorProto.fromPartial({
      name,
      dims: tensor.shape,
      dataType: TensorProto_DataType.FLOAT,
      rawData: bytesOf(tensor),
    }),
};

/**
 * Weights in a file of their own beside the model, for those that are too many for one.
 * @param location name of that file, relative to the model's
 * @param write appends to that file
 */
export function externalWeights(location: string, write: (bytes: Buffer) => void): WeightSink {
  let offset = 0;
  return {
    add(name, tensor) {
      const bytes = bytesOf(tensor);
      write(bytes);
      const place = { location, offset: String(offset), length: String(bytes.length) };
      offset += bytes.length;
      return TensorProto.fromPartial({
        name,
        dims: tensor.shape,
        dataType: TensorProto_DataType.FLOAT,
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: Object.entries(place).map(([key, value]) => ({ key, value })),
      });
    },
  };
}
