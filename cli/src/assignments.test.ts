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
  [['a=1', 'a=2'], /a is given twice/],
  [['refiner=false', 'refiner.epochs=5'], /refiner\.epochs: refiner is false, which has no fields/],
])('%j is at fault, before anything starts', (assigned, message) => {
  expect(() => withAssignments({}, assigned)).toThrow(message);
  expect(() => withAssignments({}, assigned)).toThrow(
    expect.objectContaining({ exitCode: exitCodes.badInput }) as Error,
  );
});

test('no path reaches an object’s prototype', () => {
  expect(() => withAssignments({}, ['__proto__.polluted=1'])).toThrow(/expected FIELD=VALUE/);
  const whole = withAssignments({}, ['constructor.prototype.polluted=1']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  expect(Object.hasOwn(whole as object, 'constructor')).toBe(true);
});
