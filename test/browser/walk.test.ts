import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequest } from '../support/zuul.js';
import { type Browser, startBrowser, type Tab } from './support/browser.js';
import { confirm, goTo, openDashboard, rowOf } from './support/person.js';
import { type Site, startSite } from './support/site.js';

let site: Site;
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  site = await startSite();
  browser = await startBrowser();
  tab = await browser.open();
  await openDashboard(tab.page, site.url);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

const buildsOf = (image: string): string => `Builds of ${image}`;

/** One person, one tab, from morning to evening: each test goes on where the one before ended. */
describe('an operator with the dashboard open', () => {
  it('has an image rebuilt, giving the token once, and reads its log as it is written', async () => {
    const { page } = tab;
    await goTo(page, 'Images');
    await rowOf(page, buildsOf('debian'), 'current').waitFor();

    await confirm(page, page.getByRole('button', { name: 'Rebuild debian' }), {
      dialog: 'Rebuild debian?',
      yes: 'Rebuild',
      token: site.token,
    });
    await rowOf(page, buildsOf('debian'), 'building').getByRole('link', { name: 'Log' }).click();
    const log = page.getByRole('dialog', { name: /^Log of debian-/ });
    await log.getByText('step 1 of 8').waitFor();
    await log.getByRole('status').filter({ hasText: 'Following' }).waitFor();
    await log.getByText('step 8 of 8').waitFor();
    await log.getByRole('status').filter({ hasText: 'Complete' }).waitFor();
    await log.getByRole('button', { name: 'Close' }).click();

    // In use everywhere: as a build, and in both clouds.
    await rowOf(page, buildsOf('debian'), 'current').first().getByText('current', { exact: true }).nth(2).waitFor();
    await rowOf(page, buildsOf('debian'), 'previous').first().getByText('previous', { exact: true }).nth(2).waitFor();
    expect(
      await page
        .getByRole('table', { name: buildsOf('debian') })
        .getByRole('row')
        .count(),
    ).toBe(3);
  });

  it('rolls the image back, and lets its builds go on later', async () => {
    const { page } = tab;
    const bad = await buildName('current');
    const good = await buildName('previous');

    await confirm(page, page.getByRole('button', { name: 'Roll back debian' }), {
      dialog: 'Roll back debian?',
      yes: 'Roll back',
      fill: { label: 'Reason', text: 'no network' },
    });

    await rowOf(page, buildsOf('debian'), bad).waitFor({ state: 'detached' });
    expect(await buildName('current')).toBe(good);
    const resume = page.getByRole('button', { name: 'Resume debian' });
    await confirm(page, resume, { dialog: 'Resume debian?', yes: 'Resume' });
    await page.getByRole('button', { name: 'Pause debian' }).waitFor();
  });

  it('holds a node and says why', async () => {
    const { page } = tab;
    await goTo(page, 'Nodes');
    await rowOf(page, 'Nodes', 'ready').first().getByRole('link').first().click();

    const node = page.getByRole('dialog', { name: /^Node \d+$/ });
    const id = (await node.getByRole('heading').first().textContent())?.replace('Node ', '') ?? '';
    await confirm(page, node.getByRole('button', { name: 'Hold' }), {
      dialog: `Hold node ${id}?`,
      yes: 'Hold node',
      fill: { label: 'Comment', text: 'looking into it' },
    });
    await node.getByText('hold', { exact: true }).first().waitFor();
    await node.getByRole('button', { name: 'Close' }).click();

    await rowOf(page, 'Nodes', id).filter({ hasText: 'hold' }).waitFor();
  });

  it('deletes the held node', async () => {
    const { page } = tab;
    const row = rowOf(page, 'Nodes', 'hold');
    const id = (await row.getByRole('link').first().textContent()) ?? '';
    await row.getByRole('link').first().click();

    const node = page.getByRole('dialog', { name: `Node ${id}` });
    const button = node.getByRole('button', { name: 'Delete' });
    await confirm(page, button, { dialog: `Delete node ${id}?`, yes: 'Delete node' });
    await node.getByRole('button', { name: 'Close' }).click();

    await rowOf(page, 'Nodes', id).waitFor({ state: 'detached' });
  });

  it('follows a request from waiting to ready', async () => {
    const { page } = tab;
    await goTo(page, 'Requests');
    const path = await createRequest(site.cluster.zk, ['large']);
    const id = path.slice(path.lastIndexOf('/') + 1);

    await rowOf(page, 'Requests', id).getByRole('link').first().click();
    const request = page.getByRole('dialog', { name: `Request ${id}` });
    await request.getByRole('region', { name: 'Nodes of the request' }).getByText('building').waitFor();
    await request.getByText('fulfilled', { exact: true }).first().waitFor();
    await request.getByRole('region', { name: 'Nodes of the request' }).getByText('ready').waitFor();
    await site.cluster.zk.delete(path);

    await request.getByText(`There is no request ${id}, or no longer.`).waitFor();
  });

  it('has seen no error all the while, and left the token nowhere', async () => {
    const kept = await tab.page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
    );

    expect(kept).not.toContain(site.token);
    expect(tab.complaints).toEqual([]);
  });

  async function buildName(mark: 'current' | 'previous'): Promise<string> {
    const text = await rowOf(tab.page, buildsOf('debian'), mark).first().textContent();
    return /debian-[0-9a-f]{32}|\d{10}|[0-9a-f]{8,32}/.exec(text ?? '')?.[0] ?? '';
  }
});
