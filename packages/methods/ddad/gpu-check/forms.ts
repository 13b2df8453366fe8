import type { GpuCheckFigures } from './compare-devices.ts';

/** How a GPU may be made to train. */
export interface GpuForm {
  stepsACall: number;
  /** Whether the images lie on the GPU, or every step is fed its batch. */
  resident: boolean;
  xla: boolean;
}

/** What a trainer does on a GPU unless it is told otherwise. */
export const usualForm: GpuForm = { stepsACall: 8, resident: true, xla: false };

export const gpuForms: readonly GpuForm[] = [
  { stepsACall: 1, resident: false, xla: false },
  { stepsACall: 1, resident: true, xla: false },
  usualForm,
  { stepsACall: 16, resident: true, xla: false },
  { stepsACall: 1, resident: true, xla: true },
  { stepsACall: 8, resident: true, xla: true },
];

/** For people: "8 steps a call, images on the GPU, XLA". */
export function formName({ stepsACall, resident, xla }: GpuForm): string {
  const steps = stepsACall === 1 ? '1 step a call' : `${stepsACall} steps a call`;
  return [steps, resident ? 'images on the GPU' : 'batches fed', ...(xla ? ['XLA'] : [])].join(', ');
}

/** Images that a member of the paper's settings sees: 250 epochs of 3,000 images, less incomplete batches. */
const imagesOfMember = 250 * Math.floor(3000 / 64) * 64;

/** Seconds that a whole member takes, compiling and all. */
export function memberSeconds({ startSeconds, imagesPerSecond }: GpuCheckFigures): number {
  return startSeconds + imagesOfMember / imagesPerSecond;
}

/** What is not worth a setting. */
const margin = 0.95;

/**
 * What to set, of what was measured. XLA takes long to compile, hence whole members are compared and not speeds.
 * @param measured the usual form among them; those whose losses were wrong left out
 */
export function advice(measured: readonly { form: GpuForm; figures: GpuCheckFigures }[]): string {
  const usual = measured.find(({ form }) => form === usualForm);
  // Batches are fed only where images are too many for the GPU: no setting.
  const settable = measured.filter(({ form }) => form.resident);
  const best = settable.toSorted((a, b) => memberSeconds(a.figures) - memberSeconds(b.figures))[0];
  if (usual === undefined || best === undefined) return 'Nothing to advise: the usual form did not train.';
  const [seconds, usually] = [memberSeconds(best.figures), memberSeconds(usual.figures)];
  if (seconds > margin * usually)
    return 'The defaults are the fastest here, or within 5 % of it: nothing to set.';
  const { stepsACall, xla } = best.form;
  const settings = [`STEPS_A_CALL=${stepsACall}`, ...(xla ? ['XLA=1'] : [])].join(' and ');
  return (
    `Set ${settings} for trainers: a member of 250 epochs takes some ${seconds.toFixed(0)} s, ` +
    `with the defaults ${usually.toFixed(0)} s.`
  );
}
