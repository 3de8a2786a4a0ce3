import { ProviderError } from '@nodepool/driver-api';
import type { z } from 'zod';

/**
 * What a service has answered, read by a schema.
 *
 * @param doing what was being attempted, for the message.
 * @throws ProviderError `transient` when it is something else: a proxy's page, a service that is starting.
 */
export function readAnswer<Schema extends z.ZodType>(schema: Schema, answer: unknown, doing: string): z.output<Schema> {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new ProviderError('transient', `${doing}: the answer is not what the API describes`, { cause: result.error });
}
