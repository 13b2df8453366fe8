import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function logging(level: 'info' | 'warn') {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('scorer', level, {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { logger, lines };
}

test('a line says which service, when, how grave, and why', () => {
  const { logger, lines } = logging('info');
  logger.error({ err: new Error('outer', { cause: new Error('inner') }), key: 'k' }, 'went wrong');
  expect(lines[0]).toMatchObject({ service: 'scorer', level: 'error', msg: 'went wrong', key: 'k' });
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(JSON.stringify(lines[0]?.err)).toContain('inner');
});

test('lines below the level are not written', () => {
  const { logger, lines } = logging('warn');
  logger.info('quiet');
  expect(lines).toEqual([]);
});

test('credentials are hidden, at the top and one level down', () => {
  const { logger, lines } = logging('info');
  logger.info({ S3_SECRET_KEY: 'hush', store: { secretKey: 'hush', bucket: 'ddad' } }, 'configured');
  expect(lines[0]).toMatchObject({
    S3_SECRET_KEY: '[hidden]',
    store: { secretKey: '[hidden]', bucket: 'ddad' },
  });
});

test('nothing that is logged acts on the terminal that shows it', () => {
  const written: string[] = [];
  const logger = createLogger('scorer', 'info', { write: (line) => void written.push(line) });
  const reason = 'a\u001b[2J\u009b31m\u007f\u202e';
  logger.warn({ reason }, 'told\u009b');
  const [line = ''] = written;
  expect(line).toMatch(/^[ -~]+\n$/);
  expect(JSON.parse(line)).toMatchObject({ reason, msg: 'told\u009b' });
});
