export * from './bounded-labels.js';
export * from './every-metrics.js';
export * from './prometheus.js';
export * from './recent-calls.js';
export * from './statsd.js';
export * from './statsd-keys.js';
export * from './telemetry.js';
export * from './tracing/open-tracing.js';
