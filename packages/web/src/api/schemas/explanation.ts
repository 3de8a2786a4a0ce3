import { z } from 'zod';

/** Why a node, request, image or label is where it is. */
export const Explanation = z
  .strictObject({
    summary: z.string().meta({ description: 'One sentence' }),
    reasons: z.array(z.string()).meta({ description: 'One sentence each: who declined and why, what is waited for' }),
    remedies: z.array(z.string()).meta({ description: 'What an operator can do, if anything' }),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof Explanation>;
