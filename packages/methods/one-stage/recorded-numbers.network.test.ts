import { definition as nsa } from '../nsa/entry.ts';
import { proveRecordedNumbers } from './recorded-numbers.testing.ts';

proveRecordedNumbers(nsa, { loss: 0.579268, runningMean: 0.0311798, map: 0.497883 });
