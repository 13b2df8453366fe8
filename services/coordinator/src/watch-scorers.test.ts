import { createLogger } from '@ddad/platform';
import { expect, it } from 'vitest';
import { watchScorers } from './watch-scorers.ts';

it('follows all addresses of a name, and keeps the last ones while it cannot be resolved', async () => {
  const changes: string[][] = [];
  const answers = [
    [{ address: '10.0.0.2', family: 4 }],
    [
      { address: '10.0.0.3', family: 4 },
      { address: '10.0.0.2', family: 4 },
      { address: 'fd00::2', family: 6 },
    ],
    null,
    [{ address: 'fd00::3', family: 6 }],
  ];
  const all = Promise.withResolvers<void>();
  const watch = await watchScorers({
    address: 'scorer:50051',
    onChange: (addresses) => {
      changes.push(addresses);
      if (changes.length === 3) all.resolve();
    },
    logger: createLogger('test', 'silent'),
    intervalMs: 1,
    lookup: async (host) => {
      expect(host).toBe('scorer');
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer) throw new Error('no such host');
      return answer;
    },
  });
  expect(changes).toEqual([['10.0.0.2:50051']]);
  await all.promise;
  watch.close();
  expect(changes.slice(1)).toEqual([['10.0.0.2:50051', '10.0.0.3:50051'], ['[fd00::3]:50051']]);
});

it('resolves names by itself', async () => {
  let found: string[] = [];
  const watch = await watchScorers({
    address: 'localhost:7',
    onChange: (addresses) => {
      found = addresses;
    },
    logger: createLogger('test', 'silent'),
  });
  watch.close();
  expect(found).toEqual(['127.0.0.1:7']);
});
