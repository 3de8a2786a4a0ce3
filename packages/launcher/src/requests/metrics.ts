import { minReadyRequestor, type NodeRequest } from '@nodepool/model';
import { type Clock, durationBuckets, type Metrics } from '@nodepool/runtime';

/** How a pool has answered. `failed` is a refusal after which nobody is left. */
export type RequestAnswer = 'fulfilled' | 'declined' | 'failed';

/** Measures requests, for the provider whose pools answer them. */
export interface RequestMetrics {
  answered(request: NodeRequest, pool: string, answer: RequestAnswer): void;
}

export function requestMetrics(metrics: Metrics, provider: string, clock: Clock): RequestMetrics {
  const answers = metrics.counter({
    name: 'request_answers_total',
    help: 'Requests that a pool has fulfilled or declined, or failed as the last that could decline.',
    labelNames: ['provider', 'pool', 'result'],
  });
  const waits = metrics.histogram({
    name: 'request_wait_seconds',
    help: 'Time from the creation of a request until it was fulfilled; those for min-ready apart.',
    labelNames: ['provider', 'pool', 'kind'],
    buckets: durationBuckets.launches,
  });
  return {
    answered: ({ createdTimeSec, requestor }, pool, result) => {
      answers.add(1, { provider, pool, result });
      if (result !== 'fulfilled' || createdTimeSec === null) return;
      const kind = requestor === minReadyRequestor ? 'min-ready' : 'request';
      // The requestor's clock may be ahead of ours.
      waits.observe(Math.max(0, clock.now() / 1000 - createdTimeSec), { provider, pool, kind });
    },
  };
}
