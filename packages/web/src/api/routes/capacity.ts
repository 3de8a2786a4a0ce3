import { z } from 'zod';
import { ComponentPage, LabelPage, PoolPage, ProviderPage } from '../schemas/capacity.js';
import { PageQuery } from '../schemas/common.js';
import { Explanation } from '../schemas/explanation.js';
import { Overview } from '../schemas/overview.js';
import { defineRoute, parameter } from './route.js';

const tag = 'capacity';

export const capacityRoutes = {
  overview: defineRoute({
    id: 'getOverview',
    method: 'GET',
    path: '/overview',
    tag,
    summary: 'How things stand, and stood during the last hour',
    scope: 'read',
    answer: { status: 200, description: 'Counts, now and over time', schema: Overview },
  }),
  pools: defineRoute({
    id: 'listPools',
    method: 'GET',
    path: '/pools',
    tag,
    summary: 'Pools that are served now',
    scope: 'read',
    query: PageQuery,
    answer: { status: 200, description: 'A page of pools', schema: PoolPage },
  }),
  providers: defineRoute({
    id: 'listProviders',
    method: 'GET',
    path: '/providers',
    tag,
    summary: 'Providers of the configuration of this launcher',
    scope: 'read',
    query: PageQuery,
    answer: { status: 200, description: 'A page of providers', schema: ProviderPage },
  }),
  labels: defineRoute({
    id: 'listLabels',
    method: 'GET',
    path: '/labels',
    tag,
    summary: 'Labels, configured or offered',
    scope: 'read',
    query: PageQuery,
    answer: { status: 200, description: 'A page of labels', schema: LabelPage },
  }),
  explainLabel: defineRoute({
    id: 'explainLabel',
    method: 'GET',
    path: '/labels/{name}/explanation',
    tag,
    summary: 'Why there are, or are not, nodes of a label',
    scope: 'read',
    params: z.strictObject({ name: parameter('Name of a label') }),
    answer: { status: 200, description: 'In words', schema: Explanation },
    failures: [404],
  }),
  components: defineRoute({
    id: 'listComponents',
    method: 'GET',
    path: '/components',
    tag,
    summary: 'Programs and pool workers that are alive',
    scope: 'read',
    query: PageQuery,
    answer: { status: 200, description: 'A page of components', schema: ComponentPage },
  }),
};
