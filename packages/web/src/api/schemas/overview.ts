import { z } from 'zod';
import { TimeSec } from './common.js';

const Counts = z.record(z.string(), z.int());

/** How things stand now. */
export const Situation = z
  .strictObject({
    time: TimeSec,
    nodes: Counts.meta({ description: 'Nodes by state' }),
    requests: Counts.meta({ description: 'Node requests by state' }),
    oldest_request: z.string().nullable().meta({ description: 'Id of the open request that waits longest' }),
    oldest_request_time: TimeSec.nullable().meta({ description: 'Since when it waits' }),
    launched: z.int().meta({ description: 'Nodes that became ready since this launcher began to count' }),
    failed: z.int().meta({ description: 'Launches that failed since then' }),
  })
  .meta({ id: 'Situation', description: 'Counts over all launchers' });
export type Situation = z.infer<typeof Situation>;

/** One point of the charts. */
export const HistoryPoint = z
  .strictObject({
    time: TimeSec,
    nodes: Counts,
    requests: Counts,
    oldest_wait: z.number().nullable().meta({ description: 'Seconds; null when nobody waits' }),
    launched: z.int().meta({ description: 'Since the point before' }),
    failed: z.int().meta({ description: 'Since the point before' }),
    used: z.record(z.string(), z.number()).meta({ description: 'Instances by `provider/pool`' }),
  })
  .meta({ id: 'HistoryPoint' });
export type HistoryPoint = z.infer<typeof HistoryPoint>;

export const Overview = z
  .strictObject({
    now: Situation,
    counting_since: TimeSec.meta({ description: 'Start of this launcher' }),
    history: z.strictObject({
      step: z.int().meta({ description: 'Seconds between points' }),
      points: z.array(HistoryPoint).meta({ description: 'The oldest first; kept by each launcher for itself' }),
    }),
  })
  .meta({ id: 'Overview' });
export type Overview = z.infer<typeof Overview>;
