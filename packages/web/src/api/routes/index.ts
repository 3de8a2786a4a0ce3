import { buildRoutes } from './builds.js';
import { capacityRoutes } from './capacity.js';
import { imageRoutes } from './images.js';
import { leaseRoutes } from './leases.js';
import { nodeRoutes } from './nodes.js';
import { requestRoutes } from './requests.js';
import type { Route } from './route.js';
import { serviceRoutes } from './service.js';

export type { Answer, Route } from './route.js';
export { buildRoutes, capacityRoutes, imageRoutes, leaseRoutes, nodeRoutes, requestRoutes, serviceRoutes };

/** Every call below `/api/v1`, in the order of the document. */
export const routes: readonly Route[] = [
  capacityRoutes,
  nodeRoutes,
  requestRoutes,
  imageRoutes,
  buildRoutes,
  leaseRoutes,
  serviceRoutes,
].flatMap((group) => Object.values<Route>(group));
