import type { JsonValue as AnyJson } from '@nodepool/model';
import { z } from 'zod';

/** Seconds since the epoch, with a fraction: as the records in ZooKeeper have it. */
export const TimeSec = z.number().meta({ description: 'Seconds since the epoch' });

export const JsonValue = z.json() as z.ZodType<AnyJson>;

export const Resources = z
  .record(z.string(), z.number())
  .meta({ description: 'Amounts by resource: instances, cores, ram in MiB, and what a driver counts besides' });
export type Resources = z.infer<typeof Resources>;

/** How all lists are read: in pages, in the order of the id. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).meta({ description: 'Most items of a page' }),
  cursor: z.string().max(512).optional().meta({ description: '`next` of the page before' }),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** A page of `item`s. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    total: z.int().meta({ description: 'Items that the filter lets through, over all pages' }),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one' }),
  });
}

/** RFC 9457, with the stable code of the error page. */
export const Problem = z
  .strictObject({
    type: z.string().meta({ description: 'Link to the code on the page of errors, relative' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, such as NP_LOCK_HELD' }),
    detail: z.string().optional().meta({ description: 'What to do about it' }),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each part of the input that was refused' }),
  })
  .meta({ id: 'Problem', description: 'Why a call was refused or failed' });
export type Problem = z.infer<typeof Problem>;
