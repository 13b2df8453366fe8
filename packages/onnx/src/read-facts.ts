import { BinaryReader } from '@bufbuild/protobuf/wire';
import { isObject } from '@ddad/contract';
import { StringStringEntryProto } from './gen/onnx/onnx.ts';
import { factsKey, type PipelineFacts, pipelineFactsSchema } from './pipeline-facts.ts';

/** A file is no pipeline of ours. The message says what was expected and what came. */
export class NoPipeline extends Error {
  override readonly name = 'NoPipeline';
}

/** Number of `metadata_props` in ModelProto. */
const metadataField = 14;

/**
 * Reads what a pipeline's file says of itself, without decoding its weights.
 * @param file its content
 * @throws NoPipeline
 */
export function readPipelineFacts(file: Uint8Array): PipelineFacts {
  const text = metadata(file).get(factsKey);
  if (text === undefined)
    throw new NoPipeline('expected an ONNX file of "ddad export --run", got another one');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NoPipeline('expected JSON in its metadata, got other text', { cause });
  }
  const kind = isObject(value) ? value.kind : undefined;
  if (typeof kind === 'string' && kind !== 'pipeline') {
    throw new NoPipeline(`expected the pipeline of a run ("ddad export --run"), got a single ${kind}`);
  }
  const parsed = pipelineFactsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new NoPipeline(`its metadata are at fault: ${faults.join('; ')}`);
}

function metadata(file: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  try {
    const reader = new BinaryReader(file);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field !== metadataField) {
        reader.skip(wireType);
        continue;
      }
      const { key, value } = StringStringEntryProto.decode(reader, reader.uint32());
      if (key !== undefined) found.set(key, value ?? '');
    }
  } catch (cause) {
    throw new NoPipeline('expected an ONNX file, got something else', { cause });
  }
  return found;
}
