import type { FastifyInstance } from 'fastify';
import { WebError } from '../../errors.js';
import type { ApiContext } from '../api-context.js';
import { pageOf } from '../page.js';
import { capacityRoutes } from '../routes/index.js';
import type { Overview } from '../schemas/index.js';
import { historyStepSec } from '../views/history.js';

/** Calls about pools, providers, labels and components, and all of them at a glance. */
export function capacityCalls(server: FastifyInstance, context: ApiContext): void {
  const { add, capacity, explain, history, tally, clock } = context;
  add(
    server,
    capacityRoutes.overview,
    (): Overview => ({
      now: tally.situation(clock.now()),
      counting_since: history.startedSec,
      history: { step: historyStepSec, points: [...history.points] },
    }),
  );
  add(server, capacityRoutes.pools, ({ query }) => pageOf(capacity.pools(), ({ id }) => id, query, itself));
  add(server, capacityRoutes.providers, ({ query }) => pageOf(capacity.providers(), nameOf, query, itself));
  add(server, capacityRoutes.labels, ({ query }) => pageOf(capacity.labels(), nameOf, query, itself));
  add(server, capacityRoutes.explainLabel, async ({ params: { name } }) => {
    if (!capacity.labels().some((label) => label.name === name)) {
      throw new WebError('NP_WEB_NOT_FOUND', `there is no label ${name}`);
    }
    return await explain('label', name);
  });
  add(server, capacityRoutes.components, ({ query }) =>
    pageOf(capacity.components(), ({ kind, name }) => `${kind}/${name}`, query, itself),
  );
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function itself<Item>(item: Item): Item {
  return item;
}
