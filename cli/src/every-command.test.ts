import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runKeys } from '@ddad/contract';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { documents, documentsAsJsonSchema, errorDocument } from './documents.ts';
import { CommandFailure, exitCodes } from './failure.ts';
import { inventedMethods } from './invented-method.testing.ts';
import { executions, memberKey, World } from './invented-world.testing.ts';
import { buildProgram } from './program.ts';

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/commands.md'), 'utf8');
const schemaFile = resolve(import.meta.dirname, '../../docs/commands.schema.json');

let world: World;
beforeAll(async () => {
  world = new World();
  // What these tests export, score and delete is nobody's business.
  vi.stubEnv('DDAD_AUDIT_LOG', world.path('audit.jsonl'));
  await world.fill();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

/**
 * How each command is called here, in this order; a command that is missing fails the tests. `done` is a finished run, `going`
 * one under way, `brain` a dataset, and what begins with OUT a place to write to.
 */
const invocations: Record<string, string[]> = {
  'dataset init': ['folders'],
  'dataset add': ['brain', 'phantom'],
  'dataset list': [],
  'dataset show': ['brain', '--out', 'OUT/page'],
  'weights add': ['resnet', 'weights.safetensors'],
  'weights list': [],
  'weights remove': ['resnet'],
  run: ['--dataset', 'brain', '--method', 'distillation', '--out', 'OUT/run'],
  experiment: ['experiment.json', '--out', 'OUT/experiment'],
  runs: ['--status', 'running', 'completed'],
  describe: ['done'],
  watch: ['done'],
  pause: ['going'],
  resume: ['going'],
  'add-members': ['going', '--k', '5'],
  cancel: ['going'],
  report: ['done', '--out', 'OUT/page.html'],
  card: ['done', '--out', 'OUT/card.md'],
  mlflow: ['done', 'MLFLOW'],
  members: [],
  export: [memberKey, 'OUT/member.safetensors'],
  score: ['run.onnx', 'folders', '--out', 'OUT/maps'],
  prune: [],
  disk: [],
  trainer: ['--id', 'one'],
  demo: [],
  completion: ['bash'],
  'run delete': ['done', '--dry-run'],
  'dataset remove': ['brain'],
};

const files = ['folders', 'phantom', 'run.onnx', 'experiment.json', 'weights.safetensors'];
const argsOf = (name: string, given = invocations[name] ?? []) => [
  ...name.split(' '),
  ...given.map((text) => {
    if (text === 'MLFLOW') return world.mlflow.address;
    return text.startsWith('OUT') || files.includes(text) ? world.path(text) : text;
  }),
];

/** A command that does something, by what is typed to have it done: `dataset add`. */
interface TableEntry {
  name: string;
  command: Command;
}

/** All commands of a program, in the order of its help. One that has commands of its own counts where it takes anything itself. */
function commandTable(program: Command, above: readonly string[] = []): TableEntry[] {
  return program.commands.flatMap((command) => {
    const path = [...above, command.name()];
    const inner = commandTable(command, path);
    const acts = inner.length === 0 || command.options.length > 0 || command.registeredArguments.length > 0;
    return [...(acts ? [{ name: path.join(' '), command }] : []), ...inner];
  });
}

const table = () => {
  const invocation = { ...world.invocation(), methods: inventedMethods };
  return commandTable(buildProgram(invocation, world.connections(), { code: 0 }));
};

it('every command has --json, a schema of what that prints, a place in the docs, and a call in these tests', () => {
  const names = table().map(({ name }) => name);
  const without = table().filter(({ command }) => !command.options.some(({ long }) => long === '--json'));
  expect(without.map(({ name }) => name)).toEqual([]);
  expect(Object.keys(documents).sort()).toEqual(names.toSorted());
  expect(Object.keys(invocations).sort()).toEqual(names.toSorted());
  const told = [...docs.matchAll(/^\| `([a-z -]+?)(?: [A-Z[.].*?)?` \|/gm)].map(([, name]) => name);
  expect(told.toSorted()).toEqual(names.toSorted());
});

it('the schemas in the docs are those that the documents are held against', () => {
  const anew =
    'node cli/src/write-document-schemas.ts && biome format --write docs/commands.schema.json writes them anew';
  expect(JSON.parse(readFileSync(schemaFile, 'utf8')), anew).toEqual(
    JSON.parse(JSON.stringify(documentsAsJsonSchema())),
  );
});

describe('with --json', () => {
  it.each(Object.keys(invocations))('%s prints one document of its form and nothing else', async (name) => {
    const { code, out, err } = await world.ddad([...argsOf(name), '--json']);
    expect(err).not.toMatch(/^error/m);
    expect(code).toBe(0);
    expect(out.endsWith('\n')).toBe(true);
    expect(out.trimEnd()).not.toContain('\n');
    documents[name]!.parse(JSON.parse(out));
  });

  it.each([
    ['run', ['--dataset', 'brain', '--method', 'distillation', '--detach']],
    ['run', ['--dataset', 'brain', '--method', 'distillation', '--dry-run']],
    ['watch', ['exp']],
    ['describe', ['exp']],
    ['describe', [executions.other]],
    ['runs', ['--status', 'paused']],
    ['score', ['run.onnx', 'folders', '--csv']],
  ])('%s %j likewise', async (name, args) => {
    await world.ddad(argsOf('dataset add'));
    const { code, out } = await world.ddad([...argsOf(name, args), '--json']);
    expect(code).toBe(0);
    expect(out.trimEnd()).not.toContain('\n');
    documents[name]!.parse(JSON.parse(out));
  });

  it.each(Object.keys(invocations))('%s prints the fault where it fails', async (name) => {
    const { code, out } = await world.ddad([...argsOf(name), '--no-such-option', '--json']);
    expect(code).toBe(exitCodes.badInput);
    expect(errorDocument.parse(JSON.parse(out)).error).toEqual({
      message: expect.stringContaining('--no-such-option'),
      exitCode: exitCodes.badInput,
    });
  });

  it.each([
    ['run', 'delete', 'done', '--dry-run', '--json'],
    ['run', 'delete', '--json', '--dry-run', 'done'],
    ['run', '--dry-run', '--json', 'delete', 'done'],
  ])('%s %s %s %s %s removes nothing, though "run" has options of these names', async (...args) => {
    const { out } = await world.ddad(args);
    expect(JSON.parse(out)).toMatchObject({ workflowId: 'done', deleted: false });
    expect(await world.store.exists(runKeys.report(executions.done))).toBe(true);
    expect(world.asked).not.toContain('forget done');
  });

  it('tells what was found all the same by a command that failed', async () => {
    writeFileSync(world.path('folders/broken.png'), 'no image');
    const { code, out } = await world.ddad([...argsOf('score'), '--json']);
    rmSync(world.path('folders/broken.png'));
    expect(code).toBe(exitCodes.failed);
    expect(JSON.parse(out)).toMatchObject({ verdict: { images: 4, faults: 1 } });
    documents.score!.parse(JSON.parse(out));
  });
});

it.each([
  [
    ['--dry-run', '--detach', '--out', 'x', '--mlflow', 'http://m'],
    '--dry-run gives no result for --detach, --out, --mlflow',
  ],
  [['--dry-run', '--out', 'x'], '--dry-run gives no result for --out'],
  [
    ['--detach', '--out', 'x', '--mlflow', 'http://m'],
    '--out waits for the result, which --detach does not: "ddad report RUN --out DIR" fetches it; ' +
      '--mlflow waits for the result, which --detach does not: "ddad mlflow RUN URI" logs it then',
  ],
])('run %j: names all options that cannot go together', async (options, clashes) => {
  const { code, err } = await world.ddad(['run', '--dataset', 'brain', ...options]);
  expect([code, err]).toEqual([exitCodes.badInput, `error: nothing was started: ${clashes}\n`]);
});

it('run: a field that is given by --set and by its own option is refused', async () => {
  const { code, err } = await world.ddad(['run', '--dataset', 'brain', '--set', 'k=5', '--k', '7']);
  expect(code).toBe(exitCodes.badInput);
  expect(err).toContain('  k: expected it by --set or by --k, got both');
});

it('a deletion is noted in the audit, a dry one is not', async () => {
  await world.ddad(['run', 'delete', executions.other, '--dry-run']);
  await world.ddad(['run', 'delete', executions.other]);
  const lines = readFileSync(world.path('audit.jsonl'), 'utf8').trim().split('\n');
  const deleted = lines
    .map((line) => JSON.parse(line).audit)
    .filter(({ action }) => action === 'run deleted');
  expect(deleted).toMatchObject([{ runId: executions.other }]);
});

describe('gives the same exit code for the same fault', () => {
  /** The commands whose calls have one of these among their arguments. */
  const thatTake = (...texts: string[]) =>
    Object.entries(invocations).flatMap(([name, args]) =>
      args.some((arg) => texts.includes(arg)) ? [name] : [],
    );
  const instead = (name: string, texts: readonly string[], text: string) =>
    argsOf(
      name,
      invocations[name]!.map((arg) => (texts.includes(arg) ? text : arg)),
    );
  const documented = (fault: string) => {
    const [, code] = new RegExp(`^\\| (\\d+) \\|.*${fault}`, 'm').exec(docs) ?? [];
    return code === undefined ? expect.fail(`docs/commands.md does not tell of: ${fault}`) : Number(code);
  };

  it.each(thatTake('done', 'going'))('%s: a run that is not there', async (name) => {
    const args = instead(name, ['done', 'going'], 'nobody');
    expect((await world.ddad(args)).code).toBe(documented('a run, a member or a page that is not there'));
  });

  it('export --run: a run that is not there, or is not finished', async () => {
    const file = world.path('OUT/run.onnx');
    expect((await world.ddad(['export', '--run', 'nobody', file])).code).toBe(exitCodes.badInput);
    expect((await world.ddad(['export', '--run', 'going', file])).code).toBe(exitCodes.notNow);
  });

  it('score: a run that is not there, or is not finished', async () => {
    expect((await world.ddad(['score', 'nobody', world.path('folders')])).code).toBe(exitCodes.badInput);
    expect((await world.ddad(['score', 'going', world.path('folders')])).code).toBe(exitCodes.notNow);
  });

  it.each([
    ['card', ['ID']],
    ['mlflow', ['ID', 'MLFLOW']],
    ['score', ['ID', 'folders']],
    ['export', ['--run', 'ID', 'OUT/of-nothing.onnx']],
  ])('%s %j: a run id that nothing has', async (name, args) => {
    const id = '01234567-89ab-7cde-8f01-000000000000';
    const { code, err } = await world.ddad(
      argsOf(
        name,
        args.map((arg) => (arg === 'ID' ? id : arg)),
      ),
    );
    expect(code).toBe(documented('a run, a member or a page that is not there'));
    expect(err).toBe(`error: no run ${id} with a report; "npx ddad runs" lists them\n`);
  });

  it.each(thatTake('going'))('%s: a run that has ended already', async (name) => {
    expect((await world.ddad(instead(name, ['going'], 'done'))).code).toBe(documented('has ended already'));
  });

  it.each(thatTake('done').filter((name) => !['describe', 'watch'].includes(name)))(
    '%s: a run that is under way still',
    async (name) => {
      expect((await world.ddad(instead(name, ['done'], 'going'))).code).toBe(documented('under way still'));
    },
  );

  it.each(['pause', 'resume', 'add-members', 'report', 'run delete'])(
    '%s: an experiment in place of a run',
    async (name) => {
      expect((await world.ddad(instead(name, ['done', 'going'], 'exp'))).code).toBe(
        documented('an experiment in place of a run'),
      );
    },
  );

  it.each(thatTake('brain').filter((name) => name !== 'dataset add'))(
    '%s: a dataset that is not there',
    async (name) => {
      expect((await world.ddad(instead(name, ['brain'], 'nope'))).code).toBe(
        documented('a dataset.* that is not there'),
      );
    },
  );

  it('weights remove: weights that are not there', async () => {
    expect((await world.ddad(['weights', 'remove', 'nothing'])).code).toBe(
      documented('weights that are not there'),
    );
  });

  it('experiment: a dataset that is not there', async () => {
    writeFileSync(world.path('other.json'), '{"base": {"dataset": "nope", "method": "distillation"}}');
    const args = ['experiment', world.path('other.json'), '--out', world.path('OUT/other')];
    expect((await world.ddad(args)).code).toBe(exitCodes.badInput);
  });

  it.each(
    Object.entries(invocations).flatMap(([name, args]) =>
      args.some((arg) => arg.startsWith('OUT')) ? [name] : [],
    ),
  )('%s: a place that takes no files', async (name) => {
    await world.ddad(argsOf('dataset add'));
    const given = invocations[name]!.map((arg) => (arg.startsWith('OUT') ? `/proc/none/${arg}` : arg));
    expect((await world.ddad(argsOf(name, given))).code).toBe(
      documented('a place that cannot be written to'),
    );
  });

  it.each(Object.keys(invocations))('%s: a server that does not answer', async (name) => {
    const away = () => Promise.reject(new CommandFailure('Temporal does not answer'));
    const { code } = await world.ddad(argsOf(name), {
      ...world.connections(),
      ...{ store: away, withTemporal: away, withRun: away, resultOf: away },
    });
    const alone = ['dataset init', 'score', 'trainer', 'completion'];
    if (!alone.includes(name)) expect(code).toBe(documented('a server that does not answer'));
  });
});
