import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../tcp-proxy.ts';
import type { FaultKind } from './fault-kind.ts';

/**
 * One way between two programs that fails for a while.
 * @param breaks has it fail; by how many ms, where that is a matter of time
 * @param among the ways' names; all unless given
 */
function brokenWay(
  name: string,
  mostMs: number,
  breaks: (way: TcpProxy, ms: number) => void,
  among: (way: string) => boolean = () => true,
): FaultKind {
  return {
    name,
    phase: null,
    mostMs,
    async inflict({ cluster, random, lastsMs }) {
      const [between, way] = random.pick([...cluster.ways].filter(([one]) => among(one)));
      const ms = 50 + random.below(500);
      breaks(way, ms);
      await delay(lastsMs);
      way.mend();
      return `${between} for ${lastsMs} ms${breaks.length > 1 ? `, by ${ms} ms` : ''}`;
    },
  };
}

function answer(head: string, body = ''): string {
  return `HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

const toStore = (way: string) => way.endsWith('-store');
const unavailable = answer('503 Service Unavailable');
/** Of whoever guards the way to it. */
const loginPage = answer('200 OK\r\ncontent-type: text/html', '<html>please log in</html>');

export const networkFaults: readonly FaultKind[] = [
  brokenWay('network that drops', 6000, (way) => way.drop()),
  brokenWay('network that hangs', 10_000, (way) => way.hang()),
  brokenWay('network that is slow', 6000, (way, ms) => way.delay(ms)),
  brokenWay('a store that answers 503', 6000, (way) => way.answer(unavailable), toStore),
  brokenWay('a store that answers with a page', 6000, (way) => way.answer(loginPage), toStore),
  brokenWay('a network that loses the answers', 6000, (way) => way.loseAnswers()),
];
