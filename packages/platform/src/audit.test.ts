import { expect, it } from 'vitest';
import { auditTo } from './audit.ts';
import { createLogger } from './logger.ts';

it('writes one line of JSON an entry, whatever the log level leaves out', () => {
  const lines: string[] = [];
  const logger = createLogger('coordinator', 'error', { write: (line) => void lines.push(line) });
  logger.info('not this');
  auditTo(logger)({ action: 'run started', who: 'ada@ward-7', workflowId: 'brain-1', runId: 'r1' });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    service: 'coordinator',
    level: 'info',
    msg: 'audit',
    audit: { action: 'run started', who: 'ada@ward-7', workflowId: 'brain-1', runId: 'r1' },
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
});
