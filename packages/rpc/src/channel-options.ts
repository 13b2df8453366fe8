import type { ChannelOptions } from '@grpc/grpc-js';

/** Largest message that either side takes, in bytes: gRPC's own default, said aloud. */
export const maxMessageBytes = 4 * 1024 * 1024;

/** Off by default; without it a stream to a machine that vanished never ends. */
export const keepalive = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
} as const satisfies ChannelOptions;

/** Options of every channel that we open. */
export const channelOptions = {
  ...keepalive,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': maxMessageBytes,
  // Retries are Temporal's; gRPC's would buffer long streams and start a job twice.
  'grpc.enable_retries': 0,
  // A proxy from the environment is meant for the internet, never for an announced pod address or loopback.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // Each client connects anew: a shared one would pass an earlier failure's back-off (up to two minutes) on to it.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 5_000,
} as const satisfies ChannelOptions;
