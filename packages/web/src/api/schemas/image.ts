import { buildStates, uploadStates } from '@nodepool/model';
import { z } from 'zod';
import { PageQuery, pageOf, TimeSec } from './common.js';

export const Upload = z
  .strictObject({
    id: z.string(),
    build_id: z.string(),
    image: z.string(),
    provider: z.string(),
    state: z.enum(uploadStates),
    state_time: TimeSec,
    external_id: z.string().nullable(),
    external_name: z.string().nullable(),
    format: z.string().nullable(),
    current: z.boolean().meta({ description: 'New nodes of this provider are launched from it' }),
    reason: z.string().nullable().meta({ description: 'Why it failed, where that is known' }),
  })
  .meta({ id: 'Upload', description: 'One build in one provider' });
export type Upload = z.infer<typeof Upload>;

export const Build = z
  .strictObject({
    id: z.string(),
    name: z.string().meta({ description: '`<image>-<build id>`, as the command takes it' }),
    image: z.string(),
    state: z.enum(buildStates),
    state_time: TimeSec,
    builder: z.string().nullable(),
    formats: z.array(z.string()),
    current: z.boolean().meta({ description: 'The newest that is ready' }),
    uploads: z.array(Upload),
  })
  .meta({ id: 'Build', description: 'One result of building a diskimage' });
export type Build = z.infer<typeof Build>;

export const Image = z
  .strictObject({
    name: z.string(),
    paused: z.boolean(),
    configured: z.boolean().meta({ description: 'A diskimage of the configuration that this launcher reads' }),
    rebuild_age: z.number().nullable().meta({ description: 'Seconds between scheduled builds' }),
    build_requested_time: TimeSec.nullable(),
    providers: z.array(z.string()).meta({ description: 'Those that want it, by the configuration' }),
    builds: z.array(Build).meta({ description: 'The newest first' }),
  })
  .meta({ id: 'Image', description: 'A diskimage with all its builds and uploads' });
export type Image = z.infer<typeof Image>;

export const ImagePage = pageOf(Image);
export const BuildPage = pageOf(Build);
export const UploadPage = pageOf(Upload);

export const ImageQuery = PageQuery;
export const BuildQuery = PageQuery.extend({ image: z.string().optional(), state: z.enum(buildStates).optional() });
export const UploadQuery = PageQuery.extend({
  image: z.string().optional(),
  provider: z.string().optional(),
  state: z.enum(uploadStates).optional(),
});

/** Body of `POST /images/{name}/rollback`. */
export const RollbackImage = z.strictObject({
  provider: z.string().optional().meta({ description: 'Only in this provider' }),
  reason: z.string().max(1000).optional(),
  dry_run: z.boolean().default(false),
  force: z.boolean().default(false).meta({ description: 'Even when a provider is left without any ready image' }),
});
export type RollbackImage = z.infer<typeof RollbackImage>;

/** What a rollback did, or would do. */
export const RollbackResult = z.strictObject({
  retired_build: z.string(),
  paused: z.boolean(),
  current: z.array(z.strictObject({ provider: z.string(), build_id: z.string().nullable() })),
});
export type RollbackResult = z.infer<typeof RollbackResult>;
