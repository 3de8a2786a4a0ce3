import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@nodepool/runtime';
import { describe, expect, it } from 'vitest';
import { aFakeProvider, Harness } from '../testing/harness.js';

/** The address that the only builder shows. */
async function urlOf(harness: Harness): Promise<string> {
  await harness.until(() => harness.logged('started builder') > 0);
  for (;;) {
    const [status] = await harness.store.builderStatuses.list();
    if (status?.logUrl != null) return status.logUrl;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function withOneBuild(): Promise<Harness> {
  const harness = await Harness.open();
  await harness.start();
  await harness.until(() => harness.uploads().some(({ state }) => state === 'ready'));
  return harness;
}

describe('the log server', () => {
  it('shows the log of a build, from an offset on', async () => {
    await using harness = await withOneBuild();
    const build = `debian-${harness.builds()[0]?.id}`;
    const url = `${await urlOf(harness)}/builds/${build}/log`;

    const whole = await (await fetch(url)).text();
    const rest = await (await fetch(`${url}?offset=9&follow=1`)).text();

    expect(whole).toMatch(/^building .*\nas qcow2\nExit code: 0\n$/);
    expect(rest).toBe(whole.slice(9));
  });

  it('follows a log until its build has ended', async () => {
    const waiting = `/bin/sh -c 'echo first; while [ ! -e "$DIB_IMAGE_FILENAME.go" ]; do sleep 0.05; done; echo last; exit 1'`;
    await using harness = await Harness.open({ diskimages: [{ dibCmd: waiting }] }, systemClock);
    await harness.start();
    await harness.until(() => harness.builds().length === 1);
    const build = `debian-${harness.builds()[0]?.id}`;

    const answer = await fetch(`${await urlOf(harness)}/builds/${build}/log?follow=1`);
    const chunks: string[] = [];
    for await (const chunk of answer.body ?? []) {
      chunks.push(Buffer.from(chunk).toString());
      if (chunks.length === 1) await writeFile(join(harness.imagesDir, `${build}.go`), '');
    }

    expect(chunks[0]).toBe('first\n');
    expect(chunks.join('')).toMatch(/^first\nlast\nExit code: 1\nnodepool: build failed: /);
  });

  it('shows what the builder has measured, where it is told of it', async () => {
    await using harness = await Harness.open();
    const contentType = 'text/plain; version=0.0.4';
    await harness.start({ measurements: { text: async () => 'nodepool_builder_current_builds 0\n', contentType } });

    const answer = await fetch(`${await urlOf(harness)}/metrics`);

    expect(answer.headers.get('content-type')).toBe(contentType);
    expect(await answer.text()).toBe('nodepool_builder_current_builds 0\n');
  });

  it('shows nothing else', async () => {
    await using harness = await withOneBuild();
    const url = await urlOf(harness);
    const build = `debian-${harness.builds()[0]?.id}`;
    const stranger = `debian-${'0'.repeat(32)}`;
    await writeFile(join(harness.logDir, `${stranger}.log`), 'secret');
    await writeFile(join(harness.dir, 'secret.log'), 'secret');

    for (const path of [
      '/',
      `/builds/${stranger}/log`,
      '/builds/..%2Fsecret/log',
      `/builds/..%2Flogs%2F${build}/log`,
      `/builds/${build}%00/log`,
      '/builds/%/log',
      `/builds/${build}/log?offset=-1`,
      `/builds/${build}/../../secret`,
    ]) {
      const answer = await fetch(`${url}${path}`);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toContain('secret');
    }
    expect((await fetch(`${url}/builds/${build}/log`, { method: 'POST' })).status).toBe(404);
  });

  it('shows what the gates of a build have left', async () => {
    await using harness = await withOneBuild();
    const build = `debian-${harness.builds()[0]?.id}`;
    await mkdir(harness.logDir, { recursive: true });
    await writeFile(join(harness.logDir, `${build}.cloud-b.0000000001.gate.log`), 'b\n');
    await writeFile(join(harness.logDir, `${build}.cloud-a.0000000001.gate.log`), 'a\n');

    expect(await (await fetch(`${await urlOf(harness)}/builds/${build}/gates`)).text()).toBe('a\nb\n');
  });

  it('lets the builder work where its address is taken', async () => {
    await using first = await withOneBuild();
    const port = Number(new URL(await urlOf(first)).port);
    const buildLogServer = { listenAddress: '127.0.0.1', port, url: undefined };
    await using second = await Harness.open({ buildLogServer, providers: [aFakeProvider('cloud-a', ['debian'])] });

    await second.start();
    await second.until(() => second.uploads().some(({ state }) => state === 'ready'));

    expect(second.logged('build logs are not shown: their address cannot be had')).toBe(1);
  });
});
