import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageNames, providerNames, World, type WorldEvent } from '../testing/world.js';
import { decideRetention, type RetentionAction } from './decide.js';

const image = fc.nat(imageNames.length - 1);
const provider = fc.nat(providerNames.length - 1);

const event: fc.Arbitrary<WorldEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('build'),
      image,
      result: fc.constantFrom('ready', 'ready', 'ready', 'failed', 'building'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('upload'),
      image,
      provider,
      result: fc.constantFrom('ready', 'ready', 'ready', 'failed', 'uploading'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('order-delete-build', 'order-delete-upload'), pick: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('list', 'unlist'), image, provider }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('configure', 'unconfigure'), image }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rollback'), image, provider: fc.option(provider, { nil: undefined }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('remove-provider', 'restore-provider', 'restore-provider'),
      provider,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cloud'), provider, refuses: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time'), sec: fc.integer({ min: -200_000, max: 200_000 }) }) },
) as fc.Arbitrary<WorldEvent>;

const history = fc.array(fc.tuple(event, fc.nat(3)), { minLength: 1, maxLength: 60 });

/** One pass; returns whether anything is left to do. */
function pass(world: World): boolean {
  const { actions } = decideRetention(world.view(), world.nowSec * 1000);
  const lasting = actions.filter((action) => world.changes(action));
  for (const action of actions) world.apply(action);
  return lasting.length > 0;
}

describe('whatever happens', () => {
  it('nothing goes that must stay, and files go after their uploads', async () => {
    await fc.assert(
      fc.property(history, (events) => {
        const world = new World();
        for (const [happening, passes] of events) {
          world.happen(happening);
          for (let count = 0; count < passes; count += 1) pass(world);

          expect(world.breaches).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('what nobody wants is gone in the end', async () => {
    await fc.assert(
      fc.property(history, (events) => {
        const world = new World();
        for (const [happening] of events) world.happen(happening);
        let passes = 0;
        while (pass(world)) {
          passes += 1;
          expect(passes).toBeLessThan(10);
        }

        expect(world.breaches).toEqual([]);
        expect(world.leftovers()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

it('the world notices a breach', () => {
  const world = new World();
  world.happen({ kind: 'build', image: 0, result: 'ready' });
  const key = { image: 'debian', buildId: '0000000001' };
  const forbidden: readonly RetentionAction[] = [
    { kind: 'remove-files', key, why: '' },
    { kind: 'remove-build', key },
  ];

  for (const action of forbidden) world.apply(action);

  expect(world.breaches).toHaveLength(2);
});
