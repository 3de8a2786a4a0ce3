import type { Clock, Logger, Metrics } from '@nodepool/runtime';
import { everyMetrics } from './every-metrics.js';
import { prometheusMetrics } from './prometheus.js';
import { type RecentCalls, recentCallMetrics } from './recent-calls.js';
import { type StatsdMetrics, statsdAddress, statsdMetrics } from './statsd.js';

export interface TelemetryOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Short name of this machine. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a daemon measures with, and where that can be read. */
export interface Telemetry extends AsyncDisposable {
  readonly metrics: Metrics;
  /** Everything measured so far, in the exposition format of Prometheus. */
  prometheusText(): Promise<string>;
  /** Media type of that text. */
  readonly prometheusContentType: string;
  /** What was asked of a provider in the last ten minutes; undefined when nothing was since the start. */
  recentCalls(provider: string): RecentCalls | undefined;
}

/** Collects for Prometheus always, and sends to statsd when the environment names it. */
export function openTelemetry({ env, hostname, clock, log }: TelemetryOptions): Telemetry {
  const prometheus = prometheusMetrics({ process: true });
  const recent = recentCallMetrics(clock);
  const statsd = openStatsd(env, hostname, log.child({}, 'nodepool.stats'));
  return {
    metrics: everyMetrics(statsd === undefined ? [prometheus, recent] : [prometheus, recent, statsd]),
    prometheusText: () => prometheus.text(),
    prometheusContentType: prometheus.contentType,
    recentCalls: (provider) => recent.of(provider),
    [Symbol.asyncDispose]: async () => await statsd?.close(),
  };
}

function openStatsd(env: TelemetryOptions['env'], hostname: string, log: Logger): StatsdMetrics | undefined {
  const address = statsdAddress(env);
  if (address === 'bad-port') {
    log.warn({ port: env['STATSD_PORT'] }, 'sent no statistics, because STATSD_PORT is no port');
    return undefined;
  }
  if (address === undefined) return undefined;
  log.info({ ...address }, 'sent statistics to statsd from now on');
  return statsdMetrics(address, hostname, log);
}
