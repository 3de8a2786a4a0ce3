import type { JsonValue } from '@nodepool/model';
import { z } from 'zod';
import { readAnswer } from '../answer.js';

// Images as Glance v2 shows them. Properties stand beside the attributes, all of them texts.

const Image = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  size: z.number().nullish(),
  disk_format: z.string().nullish(),
  /** md5; null until there are data, and where the cloud is not allowed to use md5. */
  checksum: z.string().nullish(),
  os_hash_algo: z.string().nullish(),
  os_hash_value: z.string().nullish(),
  /** Stores that an import could not be put into. */
  os_glance_failed_import: z.string().nullish(),
});
export type GlanceImage = z.infer<typeof Image>;

/** @throws ProviderError `transient` when it is not an image. */
export function readImage(body: JsonValue, doing: string): GlanceImage {
  return readAnswer(Image, body, doing);
}

/** Properties of an image with the given names, as far as it has them. */
export function propertiesOf(image: GlanceImage, names: readonly string[]): Readonly<Record<string, string>> {
  const entries = names.flatMap((name): readonly [string, string][] => {
    const value = image[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}

const Task = z.looseObject({
  id: z.string(),
  /** `pending`, `processing`, `success` or `failure`. */
  status: z.string(),
  message: z.string().nullish(),
  result: z.looseObject({ image_id: z.string().nullish() }).nullish(),
});
export type GlanceTask = z.infer<typeof Task>;

/** @throws ProviderError `transient` when it is not a task. */
export function readTask(body: JsonValue, doing: string): GlanceTask {
  return readAnswer(Task, body, doing);
}
