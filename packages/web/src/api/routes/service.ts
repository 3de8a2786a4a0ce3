import { Caller } from '../schemas/caller.js';
import { defineRoute } from './route.js';

const tag = 'service';

export const serviceRoutes = {
  events: defineRoute({
    id: 'followEvents',
    method: 'GET',
    path: '/events',
    tag,
    summary: 'What changes, as it changes: at most four frames a second',
    description:
      'Server-sent events. `change` carries an `EventFrame`. `reset` begins a stream that does not continue where `Last-Event-ID` was: read the lists, then apply the changes that follow.',
    scope: 'read',
    answer: { status: 200, description: 'A stream without end', mediaType: 'text/event-stream' },
    failures: [503],
  }),
  metrics: defineRoute({
    id: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    tag,
    summary: 'Measurements of this launcher, for Prometheus',
    scope: 'read',
    answer: { status: 200, description: 'Exposition format of Prometheus', mediaType: 'text/plain' },
  }),
  caller: defineRoute({
    id: 'getCaller',
    method: 'GET',
    path: '/caller',
    tag,
    summary: 'Who asks, and what they may do',
    scope: 'open',
    answer: { status: 200, description: 'The caller', schema: Caller },
  }),
  document: defineRoute({
    id: 'getDocument',
    method: 'GET',
    path: '/openapi.json',
    tag,
    summary: 'This document',
    scope: 'open',
    answer: { status: 200, description: 'OpenAPI 3.1', mediaType: 'application/json' },
  }),
  docs: defineRoute({
    id: 'getDocs',
    method: 'GET',
    path: '/docs',
    tag,
    summary: 'This document, for people',
    scope: 'open',
    answer: { status: 200, description: 'A page', mediaType: 'text/html' },
  }),
};
