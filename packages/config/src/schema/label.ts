import { z } from 'zod';
import type { LabelConfig } from '../types.js';
import { key, plainName } from './keys.js';

/** One entry of `labels`. Source: docs/compatibility/config.md section 3. */
export const Label = z
  .strictObject({
    name: key(plainName, 'Name of the label, as jobs and pools use it.'),
    'min-ready': key(
      z.int().default(0),
      'Nodes to keep ready for the next request. 0 and less keep none; nodes are then made on request only.',
    ),
    'max-ready-age': key(
      z.int().min(0).default(0),
      'Seconds that a ready node may wait for a request before it is replaced; 0 sets no limit.',
    ),
  })
  .transform(
    (label): LabelConfig => ({
      name: label.name,
      minReady: Math.max(0, label['min-ready']),
      maxReadyAgeSec: label['max-ready-age'],
    }),
  );
