const autoClustering = '--tf_xla_auto_jit=2';

/**
 * Environment variables under which a process that loads TensorFlow must be started; TensorFlow reads them once, at its
 * first use. Importing this file does not load TensorFlow.
 * @param threads intra-op threads; a setting, never derived from the host, as sums depend on how work is split
 * @param xla whether XLA compiles parts of graphs (auto-clustering), on a processor too. It rounds otherwise
 */
export function tensorflowEnvironment(
  threads: number,
  { xla = false }: { xla?: boolean } = {},
): Record<string, string> {
  return {
    ...(xla && { TF_XLA_FLAGS: `${autoClustering} --tf_xla_cpu_global_jit` }),
    TF_NUM_INTRAOP_THREADS: String(threads),
    // One op at a time: with several, their order (and so nothing numeric) would vary, but memory and speed would.
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(threads),
    TF_DETERMINISTIC_OPS: '1',
    // Of its own accord TensorFlow takes oneDNN only where a processor has AVX-512 or better: without it a step takes 1.1 to 1.7 times as
    // long on those that have AVX2, and rounds otherwise than on the others.
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    // A GPU's TensorFloat-32 has ten bits where float32 has 23: losses would not be those of a processor.
    NVIDIA_TF32_OVERRIDE: '0',
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
}

/** Whether this process was started for XLA, by us or by somebody else. */
export function xlaIsOn(): boolean {
  return process.env.TF_XLA_FLAGS?.includes(autoClustering) ?? false;
}
