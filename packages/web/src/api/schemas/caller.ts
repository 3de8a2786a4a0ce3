import { tokenScopes } from '@nodepool/config';
import { z } from 'zod';

export const Caller = z
  .strictObject({
    name: z.string().nullable().meta({ description: 'Name of the token; null without one' }),
    scopes: z.array(z.enum(tokenScopes)).meta({ description: 'What this call may do' }),
  })
  .meta({ id: 'Caller', description: 'Who asks' });
export type Caller = z.infer<typeof Caller>;
