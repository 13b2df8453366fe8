import { definition as nsa } from '../nsa/entry.ts';
import { proveRecordedNumbers } from './recorded-numbers.testing.ts';

proveRecordedNumbers(nsa, { loss: 0.669493, runningMean: 0.0195723, map: 0.500904 });
