import { runChild } from '@ddad/jobs/child';
import { trainMember } from './train-member.ts';

runChild(trainMember);
