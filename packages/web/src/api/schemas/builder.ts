import { z } from 'zod';
import { pageOf, TimeSec } from './common.js';

export const Builder = z
  .strictObject({
    id: z.string(),
    hostname: z.string(),
    builds: z.array(
      z.strictObject({
        image: z.string(),
        build_id: z.string(),
        started_time: TimeSec,
        step: z.string().nullable().meta({ description: 'What it is at, such as the hook that runs' }),
      }),
    ),
    uploads: z.array(
      z.strictObject({
        image: z.string(),
        build_id: z.string(),
        provider: z.string(),
        upload_id: z.string(),
        started_time: TimeSec,
        phase: z.enum(['uploading', 'validating']),
        bytes_sent: z.number(),
        bytes_total: z.number(),
        bytes_per_second: z.number(),
        seconds_left: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'Builder', description: 'What a builder has under way' });
export type Builder = z.infer<typeof Builder>;

export const BuilderPage = pageOf(Builder);

/** Query of `GET /builds/{name}/log`. */
export const LogQuery = z.strictObject({
  offset: z.coerce.number().int().min(0).default(0).meta({ description: 'Bytes to leave out at the beginning' }),
  follow: z.enum(['0', '1']).default('0').meta({ description: '1 keeps the answer open until the build ends' }),
});
