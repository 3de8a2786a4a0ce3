import type { Logger, MetricDescription, MetricLabels, Metrics } from '@nodepool/runtime';
import { StatsD } from 'hot-shots';
import { alsoCounted, statsdKeys } from './statsd-keys.js';

/** Where statsd listens. */
export interface StatsdAddress {
  readonly host: string;
  readonly port: number;
}

export interface StatsdMetrics extends Metrics {
  /** Sends what is buffered. */
  close(): Promise<void>;
}

/** One Ethernet frame, less the headers. */
const maxPacketBytes = 1_400;
const flushIntervalMs = 200;

/**
 * Where the environment says that statsd is: on when either variable is set and not empty.
 *
 * Source: docs/compatibility/interfaces.md section 1.3.
 *
 * @returns `bad-port` when the port is none.
 */
export function statsdAddress(
  env: Readonly<Record<string, string | undefined>>,
): StatsdAddress | 'bad-port' | undefined {
  const { STATSD_HOST: host = '', STATSD_PORT: port = '' } = env;
  if (host === '' && port === '') return undefined;
  const number = port === '' ? 8125 : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return 'bad-port';
  return { host: host === '' ? 'localhost' : host, port: number };
}

/**
 * Sends measurements under the keys of the Python original, over UDP, many to a packet. What cannot be sent is lost: a
 * daemon never waits for its statistics.
 *
 * @param host short name of this machine, part of some keys.
 */
export function statsdMetrics(address: StatsdAddress, host: string, log: Logger): StatsdMetrics {
  let failing = false;
  const client = new StatsD({
    ...address,
    prefix: 'nodepool.',
    includeDataDogTags: false,
    maxBufferSize: maxPacketBytes,
    bufferFlushInterval: flushIntervalMs,
    cacheDns: true,
    errorHandler: (error) => {
      if (failing) return;
      failing = true;
      log.warn({ error }, 'could not send statistics; this is said once');
    },
  });
  const sender =
    (send: (key: string, value: number) => void) =>
    ({ name }: MetricDescription) =>
    (value: number, labels: MetricLabels = {}): void => {
      if (!Number.isFinite(value)) return;
      for (const key of statsdKeys[name]?.(labels, host) ?? []) send(key, value);
    };
  const count = sender((key, value) => client.increment(key, value));
  const gauge = sender((key, value) => client.gauge(key, value));
  const time = sender((key, seconds) => client.timing(key, seconds * 1000));
  return {
    counter: (description) => ({ add: count(description) }),
    gauge: (description) => {
      const set = gauge(description);
      return {
        set,
        replaceAll: (values) => {
          for (const [labels, value] of values) set(value, labels);
        },
      };
    },
    histogram: (description) => {
      const observe = time(description);
      const counted = alsoCounted.has(description.name) ? count(description) : undefined;
      return {
        observe: (value, labels) => {
          observe(value, labels);
          counted?.(1, labels);
        },
      };
    },
    close: () => new Promise((resolve) => client.close(() => resolve())),
  };
}
