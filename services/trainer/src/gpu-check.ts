/** For whoever has a GPU: `make gpu-check`, or in the trainer's image `node services/trainer/src/gpu-check.ts`. */
import { checkGpu } from '@ddad/methods/ddad/gpu-check/check';

await checkGpu();
