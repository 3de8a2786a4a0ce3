import { componentKinds, componentStates } from '@nodepool/model';
import { z } from 'zod';
import { pageOf, Resources } from './common.js';

export const Pool = z
  .strictObject({
    id: z.string().meta({ description: 'Id of the pool worker, as in `declined_by`' }),
    name: z.string().nullable(),
    provider: z.string().nullable(),
    labels: z.array(z.string()),
    priority: z.int(),
    paused: z.boolean().meta({ description: 'Waits for quota' }),
    used: Resources,
    limits: Resources.meta({ description: 'Maxima of the configuration; a missing one is unlimited' }),
  })
  .meta({ id: 'Pool', description: 'A pool that some launcher serves now' });
export type Pool = z.infer<typeof Pool>;

const ProviderCalls = z.strictObject({
  window: z.int().meta({ description: 'Seconds that the figures are of' }),
  count: z.int(),
  failures: z.record(z.string(), z.int()).meta({ description: 'Calls that failed, by code' }),
  mean_seconds: z.number().nullable().meta({ description: 'Null when there was no call' }),
  longest_seconds: z.number().nullable(),
  leaked: z.int().meta({ description: 'Resources without a record that were removed since the start' }),
});

export const Provider = z
  .strictObject({
    name: z.string(),
    driver: z.string(),
    used: Resources.meta({ description: 'What our records claim' }),
    limits: Resources.nullable().meta({ description: 'What the cloud allows; null while it is not known' }),
    nodes: z.record(z.string(), z.int()).meta({ description: 'Number of nodes by state' }),
    healthy: z.boolean(),
    problem: z.string().nullable().meta({ description: 'What was last wrong, while it is' }),
    calls: ProviderCalls.nullable().meta({ description: 'Null while this launcher has asked nothing of it' }),
  })
  .meta({ id: 'Provider', description: 'An account in a cloud' });
export type Provider = z.infer<typeof Provider>;

export const Label = z
  .strictObject({
    name: z.string(),
    min_ready: z.int().nullable().meta({ description: 'Null where this launcher does not know the label' }),
    ready: z.int().meta({ description: 'Ready nodes that nobody has' }),
    pools: z.array(z.string()).meta({ description: '`provider/pool` of each that offers it' }),
  })
  .meta({ id: 'Label' });
export type Label = z.infer<typeof Label>;

export const Component = z
  .strictObject({
    kind: z.enum(componentKinds),
    name: z.string().meta({ description: 'Of a pool: its id' }),
    hostname: z.string(),
    state: z.enum(componentStates),
    version: z.string().nullable(),
  })
  .meta({ id: 'Component', description: 'A program, or a pool worker, that is alive' });
export type Component = z.infer<typeof Component>;

export const PoolPage = pageOf(Pool);
export const ProviderPage = pageOf(Provider);
export const LabelPage = pageOf(Label);
export const ComponentPage = pageOf(Component);
