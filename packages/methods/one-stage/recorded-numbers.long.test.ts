import { definition as cutPasteEndToEnd } from '../cutpaste-e2e/entry.ts';
import { definition as fpi } from '../fpi/entry.ts';
import { definition as pii } from '../pii/entry.ts';
import { proveRecordedNumbers } from './recorded-numbers.testing.ts';

proveRecordedNumbers(fpi, { loss: 0.667726, runningMean: 0.0202212, map: 0.500346 });
proveRecordedNumbers(pii, { loss: 0.664736, runningMean: 0.0193549, map: 0.500432 });
proveRecordedNumbers(cutPasteEndToEnd, {
  loss: 0.690093,
  runningMean: 0.0190706,
  map: 0.49997,
});
