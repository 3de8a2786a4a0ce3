import { silentLogger } from '@nodepool/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext, ExternalId, Instance, LaunchTicket } from '../driver.js';
import { externalIdText, tagKeys } from '../driver.js';
import { ProviderError } from '../errors.js';
import { describeCapabilities } from './describe-capabilities.js';
import { checkContext, launchSpec, type ProviderSubject, untilGone, untilRunning } from './subject.js';

/**
 * States the contract of `Provider` against an implementation, in a test file of its driver.
 *
 * @param open makes the provider; one serves the whole suite.
 * @param options what the driver's capabilities are expected to be, and the time for one test.
 */
export function describeProvider(
  name: string,
  open: () => Promise<ProviderSubject>,
  options: { readonly timeoutMs?: number; readonly images: boolean; readonly quota: boolean },
): void {
  const timeout = options.timeoutMs ?? 10_000;

  describe(`the contract of a provider: ${name}`, { timeout }, () => {
    const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
    let opened: ProviderSubject | undefined;
    let nodes = 0;
    const subject = (): ProviderSubject => {
      if (opened === undefined) throw new Error('the provider could not be made');
      return opened;
    };
    const nextNodeId = (): string => {
      nodes += 1;
      return String(nodes).padStart(10, '0');
    };
    const launch = (nodeId: string, providerName?: string): Promise<LaunchTicket> =>
      subject().provider.launch(launchSpec(subject(), nodeId, providerName), ctx);
    const instancesOf = async (nodeId: string): Promise<readonly Instance[]> =>
      (await subject().provider.listInstances(ctx)).filter(({ tags }) => tags[tagKeys.nodeId] === nodeId);

    beforeAll(async () => {
      opened = await open();
    }, timeout);

    afterEach(async () => {
      const left = await subject().provider.listInstances(ctx);
      for (const { externalId } of left) await untilGone(subject(), externalId, ctx);
    }, timeout);

    afterAll(async () => {
      await opened?.[Symbol.asyncDispose]();
    }, timeout);

    describe('launch', () => {
      it('shows the instance with all its tags as soon as it is accepted', async () => {
        const nodeId = nextNodeId();

        await launch(nodeId);

        const [instance] = await instancesOf(nodeId);
        expect(instance?.tags).toMatchObject(launchSpec(subject(), nodeId).tags);
      });

      it('gives one instance to a node that is launched twice', async () => {
        const nodeId = nextNodeId();
        await launch(nodeId);

        const { externalId } = await untilRunning(subject(), await launch(nodeId), ctx);

        const instances = await instancesOf(nodeId);
        expect(instances.map((instance) => instance.externalId)).toEqual([externalId]);
      });

      it('launches a node again whose instance was deleted', async () => {
        const nodeId = nextNodeId();
        const first = await untilRunning(subject(), await launch(nodeId), ctx);
        await untilGone(subject(), first.externalId, ctx);

        const second = await untilRunning(subject(), await launch(nodeId), ctx);

        expect((await instancesOf(nodeId)).map(({ externalId }) => externalId)).toEqual([second.externalId]);
      });
    });

    describe('checkLaunch', () => {
      it('comes to a running instance with an address and the id that the list shows', async () => {
        const nodeId = nextNodeId();

        const running = await untilRunning(subject(), await launch(nodeId), ctx);

        expect(running.interfaceIp).toEqual(expect.any(String));
        expect((await instancesOf(nodeId)).map(({ externalId }) => externalId)).toEqual([running.externalId]);
      });

      it('may be repeated when the instance runs', async () => {
        const ticket = await launch(nextNodeId());
        const first = await untilRunning(subject(), ticket, ctx);

        const again = await untilRunning(subject(), { ...ticket, externalId: first.externalId }, ctx, 1);

        expect(again.externalId).toEqual(first.externalId);
      });

      it('throws when the instance has vanished', async () => {
        const ticket = await launch(nextNodeId());
        const { externalId } = await untilRunning(subject(), ticket, ctx);
        await untilGone(subject(), externalId, ctx);

        const check = subject().provider.checkLaunch({ ...ticket, externalId }, checkContext(subject(), ctx));

        await expect(check).rejects.toBeInstanceOf(ProviderError);
      });
    });

    describe('terminate', () => {
      it('may be repeated, and proves by not-found that the instance is gone', async () => {
        const nodeId = nextNodeId();
        const { externalId } = await untilRunning(subject(), await launch(nodeId), ctx);

        const asked = await untilGone(subject(), externalId, ctx);

        expect(asked).toBeGreaterThan(1);
        expect(await instancesOf(nodeId)).toEqual([]);
        await expect(subject().provider.terminate(externalId, ctx)).rejects.toMatchObject({ code: 'not-found' });
      });

      it('takes an instance that is not running yet', async () => {
        const nodeId = nextNodeId();
        const { externalId } = await launch(nodeId);
        const id: ExternalId | undefined = externalId ?? (await instancesOf(nodeId))[0]?.externalId;
        if (id === undefined) throw new Error('the instance is not in the list');

        await untilGone(subject(), id, ctx);

        expect(await instancesOf(nodeId)).toEqual([]);
      });
    });

    describe('listInstances', () => {
      it('lists every instance once, those of other providers included, with what they use', async () => {
        const ours = [nextNodeId(), nextNodeId()];
        const theirs = nextNodeId();
        for (const nodeId of ours) await launch(nodeId);
        await launch(theirs, 'another-provider');

        const list = await subject().provider.listInstances(ctx);

        const found = list.map(({ tags }) => [tags[tagKeys.providerName], tags[tagKeys.nodeId]].join()).sort();
        expect(found).toEqual([`another-provider,${theirs}`, ...ours.map((id) => `conformance,${id}`)]);
        expect(new Set(list.map(({ externalId }) => externalIdText(externalId))).size).toBe(list.length);
        expect(list.map(({ resources }) => resources['instances'])).toEqual(list.map(() => 1));
      });
    });

    it('honours a signal that has aborted', async () => {
      const { provider } = subject();
      const reason = new Error('stopping');
      const aborted: CallContext = { ...ctx, signal: AbortSignal.abort(reason) };
      const { externalId } = await untilRunning(subject(), await launch(nextNodeId()), ctx);

      await expect(provider.launch(launchSpec(subject(), nextNodeId()), aborted)).rejects.toThrow();
      await expect(
        provider.checkLaunch({ externalId, data: null }, checkContext(subject(), aborted)),
      ).rejects.toThrow();
      await expect(provider.terminate(externalId, aborted)).rejects.toThrow();
      await expect(provider.listInstances(aborted)).rejects.toThrow();
    });

    describeCapabilities(subject, ctx, options);
  });
}
