import { durationText } from '@nodepool/runtime/duration-text';
import type { Snapshot } from '../state/snapshot.js';
import { countOf } from './duration.js';
import { imageAge } from './image-age.js';
import { type Route, routeHash } from './route.js';

/** Something an operator should look at. */
export interface Concern {
  readonly severity: 'bad' | 'warn';
  readonly text: string;
  readonly href: string;
}

/** A request that waits longer has a reason. */
const longWaitSec = 15 * 60;

/** What is wrong, the worst first. @param nowSec seconds since the epoch, by the server's clock. */
export function concernsOf(snapshot: Snapshot, nowSec: number): readonly Concern[] {
  const concerns = [
    ...componentConcerns(snapshot),
    ...providerConcerns(snapshot),
    ...imageConcerns(snapshot, nowSec),
    ...queueConcerns(snapshot, nowSec),
  ];
  return concerns.sort((left, right) => Number(right.severity === 'bad') - Number(left.severity === 'bad'));
}

function concern(severity: Concern['severity'], text: string, to: Partial<Route> & Pick<Route, 'page'>): Concern {
  return { severity, text, href: routeHash(to) };
}

function componentConcerns({ components, images }: Snapshot): readonly Concern[] {
  const found: Concern[] = [];
  if (!components.some(({ kind }) => kind === 'launcher')) {
    found.push(concern('bad', 'No launcher is running.', { page: 'components' }));
  }
  const wantsBuilder = [...images.values()].some(({ configured, paused }) => configured && !paused);
  if (wantsBuilder && !components.some(({ kind }) => kind === 'builder')) {
    found.push(concern('bad', 'No builder is running: no image is built.', { page: 'components' }));
  }
  return found;
}

function providerConcerns({ providers, pools }: Snapshot): readonly Concern[] {
  const sick = providers
    .filter(({ healthy }) => !healthy)
    .map(({ name, problem }) =>
      concern('bad', `Provider ${name}: ${problem ?? 'not healthy'}`, { page: 'providers', id: name }),
    );
  const waiting = [...new Set(pools.filter(({ paused }) => paused).map(({ provider, name }) => `${provider}/${name}`))];
  if (waiting.length === 0) return sick;
  const verb = waiting.length === 1 ? 'waits' : 'wait';
  return [...sick, concern('warn', `${waiting.sort().join(', ')} ${verb} for quota.`, { page: 'providers' })];
}

function imageConcerns({ images, builders }: Snapshot, nowSec: number): readonly Concern[] {
  return [...images.values()].flatMap((image): readonly Concern[] => {
    const { name } = image;
    const age = imageAge(image, builders, nowSec);
    const to = { page: 'images', id: name } as const;
    const found: Concern[] = [];
    if (age.verdict === 'overdue' && age.ageSec !== undefined && age.rebuildSec !== undefined) {
      const limit = durationText(age.rebuildSec);
      found.push(
        concern('warn', `Image ${name} is ${durationText(age.ageSec)} old; it is rebuilt every ${limit}.`, to),
      );
    }
    if (age.verdict === 'missing' && image.configured && !age.building) {
      found.push(concern('bad', `Image ${name} has no ready build.`, to));
    }
    if (image.builds[0]?.state === 'failed') found.push(concern('warn', `The newest build of ${name} failed.`, to));
    const failed = image.builds.flatMap(({ uploads }) => uploads).filter(({ state }) => state === 'failed');
    const places = [...new Set(failed.map(({ provider }) => provider))];
    if (places.length > 0) found.push(concern('warn', `Uploads of ${name} failed in ${places.join(', ')}.`, to));
    return found;
  });
}

function queueConcerns({ now, nodes }: Snapshot, nowSec: number): readonly Concern[] {
  const found: Concern[] = [];
  const { oldest_request: id, oldest_request_time: since } = now;
  if (id !== null && since !== null && nowSec - since > longWaitSec) {
    found.push(
      concern('warn', `Request ${id} has waited for ${durationText(nowSec - since)}.`, { page: 'requests', id }),
    );
  }
  const held = [...nodes.values()].filter(({ state }) => state === 'hold').length;
  if (held > 0) {
    found.push(
      concern('warn', `${countOf(held, 'node is', 'nodes are')} held.`, { page: 'nodes', query: { state: 'hold' } }),
    );
  }
  return found;
}
