import type { JsonValue } from '@nodepool/model';
import { z } from 'zod';

/** What a launch needs to go on, in whichever launcher. */
const LaunchState = z.object({
  /** The pool gives its servers floating addresses. */
  floating: z.boolean().default(false),
  /** Random id of the provider object that created the server: it alone knows what it has tried since. */
  launchedBy: z.string().default(''),
  /** When the server was first seen running without an address, milliseconds since the epoch. */
  addresslessSinceMs: z.number().nullable().default(null),
});

export type LaunchState = z.output<typeof LaunchState>;

/** Reads what an earlier release or another program may have written: what is missing has its default. */
export function readLaunchState(data: JsonValue): LaunchState {
  const result = LaunchState.safeParse(data ?? {});
  return result.success ? result.data : LaunchState.parse({});
}
