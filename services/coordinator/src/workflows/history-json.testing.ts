import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import proto from '@temporalio/proto';

type History = proto.temporal.api.history.v1.IHistory;

interface ProtoJson {
  fromJson(type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }): History;
  toJson(type: unknown, message: unknown): unknown;
}

// Not the SDK's historyFromJSON and historyToJSON: they throw "type must be a Type" wherever npm gives
// @temporalio/common and @temporalio/proto a protobufjs each. This is @temporalio/proto's own.
const require = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
const { fromJson, toJson } = require('protobufjs/ext/protojson') as ProtoJson;
const { patchProtobufRoot } = require('@temporalio/proto/lib/patch-protobuf-root') as {
  patchProtobufRoot(root: unknown): { lookupType(name: string): unknown };
};
const historyType = patchProtobufRoot(proto).lookupType('temporal.api.history.v1.History');

const directory = join(import.meta.dirname, 'histories');

/** A history as JSON that Temporal's own tools read too. Without stacks, which say where somebody's checkout lies. */
export function historyToJson(history: History): unknown {
  const json = toJson(historyType, proto.temporal.api.history.v1.History.fromObject(history));
  return JSON.parse(JSON.stringify(json, (key, value) => (key === 'stackTrace' ? undefined : value)));
}

/** The histories recorded of every released version, by `VERSION/NAME`. */
export async function recordedHistories(): Promise<{ workflowId: string; history: History }[]> {
  const files = (await readdir(directory, { recursive: true })).filter((file) => file.endsWith('.json'));
  return Promise.all(
    files.sort().map(async (file) => ({
      workflowId: file.replace(/\.json$/, ''),
      history: fromJson(historyType, JSON.parse(await readFile(join(directory, file), 'utf8')), {
        ignoreUnknownFields: true,
      }),
    })),
  );
}
