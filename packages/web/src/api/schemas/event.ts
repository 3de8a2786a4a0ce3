import { z } from 'zod';
import { Builder } from './builder.js';
import { Component, Label, Pool, Provider } from './capacity.js';
import { Image } from './image.js';
import { Node } from './node.js';
import { HistoryPoint, Situation } from './overview.js';
import { NodeRequest } from './request.js';

/** What changed since the frame before: whole records by kind, and the ids of those that are gone. */
export const EventFrame = z
  .strictObject({
    nodes: z.array(Node).optional(),
    requests: z.array(NodeRequest).optional(),
    images: z.array(Image).optional(),
    providers: z.array(Provider).optional(),
    pools: z.array(Pool).optional(),
    labels: z.array(Label).optional(),
    components: z.array(Component).optional(),
    builders: z.array(Builder).optional(),
    now: Situation.optional(),
    point: HistoryPoint.optional().meta({ description: 'A new point of the charts' }),
    gone: z
      .strictObject({
        nodes: z.array(z.string()).optional(),
        requests: z.array(z.string()).optional(),
        images: z.array(z.string()).optional(),
      })
      .optional(),
  })
  .meta({
    id: 'EventFrame',
    description:
      'Data of a `change` event. Lists of providers, pools, labels, components and builders are always whole.',
  });
export type EventFrame = z.infer<typeof EventFrame>;

/**
 * Names of server-sent events. `reset` begins a stream that does not continue an earlier one, and tells that events were
 * lost: read the lists, then apply the changes that follow.
 */
export const eventNames = ['change', 'reset'] as const;
