import { setTimeout as delay } from 'node:timers/promises';
import type { FaultKind } from './fault-kind.ts';

const brokenWays = (['drops', 'hangs', 'is slow'] as const).map(
  (how): FaultKind => ({
    name: `network that ${how}`,
    phase: null,
    mostMs: how === 'hangs' ? 10_000 : 6000,
    async inflict({ cluster, random, lastsMs }) {
      const [name, way] = random.pick([...cluster.ways]);
      const ms = 50 + random.below(500);
      if (how === 'drops') way.drop();
      else if (how === 'hangs') way.hang();
      else way.delay(ms);
      await delay(lastsMs);
      way.mend();
      return `${name} for ${lastsMs} ms${how === 'is slow' ? `, by ${ms} ms` : ''}`;
    },
  }),
);

/** What a store may be behind, or become, and how it answers then. */
const answers = {
  'answers 503': 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
  'answers with a page':
    'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 24\r\nconnection: close\r\n\r\n<html>please log in</html'.slice(
      0,
      -2,
    ),
} as const;

const strangeStores = Object.entries(answers).map(
  ([how, answer]): FaultKind => ({
    name: `a store that ${how}`,
    phase: null,
    mostMs: 6000,
    async inflict({ cluster, random, lastsMs }) {
      const [name, way] = random.pick([...cluster.ways].filter(([one]) => one.endsWith('-store')))!;
      way.answer(answer);
      await delay(lastsMs);
      way.mend();
      return `${name} for ${lastsMs} ms`;
    },
  }),
);

const lostAnswers: FaultKind = {
  name: 'a network that loses the answers',
  phase: null,
  mostMs: 6000,
  async inflict({ cluster, random, lastsMs }) {
    const [name, way] = random.pick([...cluster.ways])!;
    way.loseAnswers();
    await delay(lastsMs);
    way.mend();
    return `${name} for ${lastsMs} ms`;
  },
};

export const networkFaults: readonly FaultKind[] = [...brokenWays, ...strangeStores, lostAnswers];
