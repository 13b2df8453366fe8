import { test } from 'vitest';
import { expectAsRecorded, recordedCases } from './recorded-numbers.testing.ts';

test.each(recordedCases.filter(({ first }) => !first))('$kind of $what are as recorded', expectAsRecorded);
