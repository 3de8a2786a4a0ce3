import { type Metrics, systemClock } from '@nodepool/runtime';
import { launchMetrics } from './launches/metrics.js';
import { leakedResources } from './leaks/metrics.js';
import { requestMetrics } from './requests/metrics.js';
import { countGauges, ownGauges } from './statistics/metrics.js';
import { queueGauges } from './statistics/queues.js';

/** Declares everything that a launcher measures, besides the calls to its providers, for the page about it. */
export function declareLauncherMetrics(metrics: Metrics): void {
  countGauges(metrics);
  ownGauges(metrics);
  requestMetrics(metrics, '', systemClock);
  launchMetrics(metrics, '');
  leakedResources(metrics);
  queueGauges(metrics);
}
