import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type WeightsRecord, weightsNameSchema } from '@ddad/contract';
import {
  decodeForeignSafetensors,
  listWeights,
  MalformedSafetensors,
  type ObjectStore,
  putWeights,
  readWeightsRecord,
  removeWeights,
} from '@ddad/storage';
import { badInput, CommandFailure, noSuchWeights } from '../failure.ts';
import { bytesFigure, moment, plural } from '../figures.ts';
import type { Screens } from '../screen.ts';
import { tableLines } from '../table.ts';

interface WeightsDeps {
  store: ObjectStore;
  screens: Screens;
}

/** A file of more bytes is not of a network that starts another one. */
const mostBytes = 2 ** 30;

const valuesOf = ({ tensors }: Pick<WeightsRecord, 'tensors'>): number =>
  Object.values(tensors).reduce((sum, shape) => sum + shape.reduce((size, side) => size * side, 1), 0);

const notAdded = (path: 'NAME' | 'FILE', message: string) =>
  badInput('nothing was added', [{ path, message }]);

/**
 * `ddad weights add`: stores pretrained weights from a safetensors file with PyTorch's names. Which network they fit is looked at by
 * the run that names them.
 * @throws CommandFailure where name or file are at fault; nothing is stored then
 */
export async function addWeights(
  { store, screens }: WeightsDeps,
  { name, file }: { name: string; file: string },
): Promise<WeightsRecord> {
  const parsed = weightsNameSchema.safeParse(name);
  if (!parsed.success) {
    const message = `${parsed.error.issues[0]?.message ?? 'expected another name'}, got "${name}"`;
    throw notAdded('NAME', message);
  }
  const content = await readWeightsFile(file);
  const { tensors, passedOver } = tensorsOf(file, content);
  if (tensors.size === 0) throw notAdded('FILE', 'expected tensors of floating-point numbers, got none');
  const before = await readWeightsRecord(store, name);
  const record = await putWeights(store, {
    name,
    tensors,
    file: createHash('sha256').update(content).digest('hex'),
    by: 'ddad weights add',
  });
  const change =
    before === null ? 'added' : before.key === record.key ? 'already there, unchanged:' : 'replaced';
  const others = passedOver.length === 0 ? '' : ` (${passedOver.length} of whole numbers left out)`;
  screens.out.write(
    `${change} weights ${name}: ${plural(tensors.size, 'tensor')}${others}, ` +
      `${valuesOf(record).toLocaleString('en')} values; key ${record.key.slice(0, 12)}\n`,
  );
  return record;
}

async function readWeightsFile(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes)
      throw notAdded('FILE', `expected at most ${bytesFigure(mostBytes)}, got ${bytesFigure(size)}`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw notAdded('FILE', `expected a file that can be read, got ${file}: ${(error as Error).message}`);
  }
}

function tensorsOf(file: string, content: Buffer) {
  // A zip archive, or a pickle of protocol 2 and later: what torch.save writes.
  const pickled = content.subarray(0, 2).toString('latin1') === 'PK' || content[0] === 0x80;
  if (pickled) {
    throw notAdded(
      'FILE',
      'expected safetensors, got a file of torch.save, which holds a program (pickle) that is not run here. Convert it where ' +
        'PyTorch is: python -c "import torch, safetensors.torch as s; ' +
        "s.save_file({n: t.contiguous() for n, t in torch.load('weights.pth', map_location='cpu', weights_only=True).items()}, " +
        "'weights.safetensors')\"",
    );
  }
  try {
    return decodeForeignSafetensors(content);
  } catch (error) {
    if (!(error instanceof MalformedSafetensors)) throw error;
    throw notAdded('FILE', `${file}: ${error.message}`);
  }
}

/** `ddad weights list`: the weights in the store, by name. */
export async function listWeightsCommand({
  store,
  screens: { out, err },
}: WeightsDeps): Promise<WeightsRecord[]> {
  const records = await listWeights(store);
  if (records.length === 0) {
    err.write('no weights yet; add some with: npx ddad weights add NAME FILE.safetensors\n');
    return records;
  }
  const columns = [
    { heading: 'name' },
    { heading: 'tensors', align: 'right' },
    { heading: 'values', align: 'right' },
    { heading: 'key' },
    { heading: 'added' },
  ] as const;
  const rows = records.map((record) => [
    record.name,
    String(Object.keys(record.tensors).length),
    valuesOf(record).toLocaleString('en'),
    record.key.slice(0, 12),
    moment(new Date(record.addedAt)),
  ]);
  out.write(`${tableLines(columns, rows).join('\n')}\n`);
  return records;
}

/**
 * `ddad weights remove`: takes a name away. What it stood for stays until `ddad prune --artifacts`.
 * @throws CommandFailure where no weights have the name
 */
export async function removeWeightsCommand(
  { store, screens: { out } }: WeightsDeps,
  name: string,
): Promise<WeightsRecord> {
  const record = await removeWeights(store, name);
  if (record === null) throw noSuchWeights(name);
  out.write(`removed weights ${name}; key ${record.key.slice(0, 12)}\n`);
  return record;
}
