import { imageEventKinds } from '@nodepool/model';
import { z } from 'zod';
import { pageOf, TimeSec } from './common.js';

export const ImageEvent = z
  .strictObject({
    time: TimeSec,
    kind: z.enum(imageEventKinds),
    build_id: z.string().nullable(),
    provider: z.string().nullable(),
    upload_id: z.string().nullable(),
    by: z.string().meta({ description: 'A builder, `<user>@<host>`, or `<token>@web`' }),
    text: z.string().nullable(),
  })
  .meta({ id: 'ImageEvent', description: 'Something that happened to an image' });
export type ImageEvent = z.infer<typeof ImageEvent>;

export const ImageEventPage = pageOf(ImageEvent);
