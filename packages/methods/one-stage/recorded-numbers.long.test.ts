import { definition as cutPasteEndToEnd } from '../cutpaste-e2e/entry.ts';
import { definition as fpi } from '../fpi/entry.ts';
import { definition as pii } from '../pii/entry.ts';
import { proveRecordedNumbers } from './recorded-numbers.testing.ts';

proveRecordedNumbers(fpi, { loss: 0.587448, runningMean: 0.0325523, map: 0.495359 });
proveRecordedNumbers(pii, { loss: 0.574103, runningMean: 0.0312778, map: 0.496457 });
proveRecordedNumbers(cutPasteEndToEnd, {
  loss: 0.604774,
  runningMean: 0.0296421,
  map: 0.496504,
});
