import { expect, test } from 'vitest';
import { withAssignments } from './assignments.ts';
import { exitCodes } from './failure.ts';

test('values go where their paths say, over what a file has there; JSON is that, the rest is text', () => {
  const file = { k: 3, refiner: { epochs: 5, batchSize: 8 } };
  const assigned = [
    'refiner.epochs=20',
    'backbone=aeu',
    'student.width=[1, 2]',
    'calibration=0.1',
    'k="auto"',
  ];
  expect(withAssignments(file, assigned)).toEqual({
    k: 'auto',
    refiner: { epochs: 20, batchSize: 8 },
    backbone: 'aeu',
    student: { width: [1, 2] },
    calibration: 0.1,
  });
  expect(file).toEqual({ k: 3, refiner: { epochs: 5, batchSize: 8 } });
  expect(withAssignments(undefined, ['refiner=false', 'name=a=b'])).toEqual({ refiner: false, name: 'a=b' });
  expect(withAssignments(undefined, [])).toBeUndefined();
});

test.each([
  [['epochs'], /expected FIELD=VALUE, as refiner.epochs=20, got "epochs"/],
  [['=5'], /expected FIELD=VALUE/],
  [['a..b=5'], /expected FIELD=VALUE/],
  [['a=1', 'a=2'], /a: expected it once, got it 2 times/],
])('%j is at fault, before anything starts', (assigned, message) => {
  expect(() => withAssignments({}, assigned)).toThrow(message);
  expect(() => withAssignments({}, assigned)).toThrow(
    expect.objectContaining({ exitCode: exitCodes.badInput }) as Error,
  );
});

const faultsOf = (...given: Parameters<typeof withAssignments>) => {
  try {
    return expect.fail(`took ${JSON.stringify(withAssignments(...given))}`);
  } catch (error) {
    expect(error).toMatchObject({ exitCode: exitCodes.badInput });
    return (error as Error).message.split('\n');
  }
};

test.each([[['refiner.epochs=20', 'refiner=false']], [['refiner=false', 'refiner.epochs=20']]])(
  '%j are at odds, whichever comes first',
  (assigned) =>
    expect(faultsOf({}, assigned)).toEqual([
      'nothing was started: --set is at fault (1 fault):',
      '  refiner.epochs: expected it or refiner, whose field it is, got both',
    ]),
);

test('names that only begin alike, and fields side by side, are not', () => {
  const assigned = ['refiner.epochs=1', 'refiner.epochsMore=2', 'refinery=3'];
  expect(withAssignments({}, assigned, { k: '5', epochs: undefined })).toEqual({
    refiner: { epochs: 1, epochsMore: 2 },
    refinery: 3,
  });
});

test('a field that has a flag of its own is given once, and all faults are told together', () => {
  const assigned = ['k=5', 'a.b=1', 'epochs', 'a.b.c=2', 'k=6', 'a=3', 'seed=1', 'backbone.width=2'];
  expect(faultsOf({}, assigned, { k: '7', seed: undefined, backbone: 'ae' })).toEqual([
    'nothing was started: --set is at fault (7 faults):',
    '  expected FIELD=VALUE, as refiner.epochs=20, got "epochs"',
    '  k: expected it once, got it 2 times',
    '  k: expected it by --set or by --k, got both',
    '  a.b: expected it or a, whose field it is, got both',
    '  a.b.c: expected it or a.b, whose field it is, got both',
    '  a.b.c: expected it or a, whose field it is, got both',
    '  backbone.width: expected it by --set or by --backbone, got both',
  ]);
});

test('what of the file has no fields is named, each time that some are given', () => {
  expect(faultsOf({ refiner: false, dsu: 3 }, ['refiner.epochs=5', 'dsu.k=2'])).toEqual([
    'nothing was started: --set is at fault (2 faults):',
    '  refiner.epochs: refiner is false, which has no fields',
    '  dsu.k: dsu is 3, which has no fields',
  ]);
});

test('no path reaches an object’s prototype', () => {
  expect(() => withAssignments({}, ['__proto__.polluted=1'])).toThrow(/expected FIELD=VALUE/);
  const whole = withAssignments({}, ['constructor.prototype.polluted=1']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  expect(Object.hasOwn(whole as object, 'constructor')).toBe(true);
});
