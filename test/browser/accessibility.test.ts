import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOn } from './support/axe.js';
import { type Browser, startBrowser, type Theme, type View } from './support/browser.js';
import { goTo, openDashboard, type PageName, pageNames, rowOf } from './support/person.js';
import { type Site, startSite } from './support/site.js';

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await startSite();
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

const phone = { width: 360, height: 740 };
const desk = { width: 1280, height: 800 };
const wall = { width: 3840, height: 2160 };
const themes: readonly Theme[] = ['light', 'dark'];
const dialogs: readonly { readonly on: PageName; readonly table: string | RegExp; readonly row: string }[] = [
  { on: 'Nodes', table: 'Nodes', row: 'ready' },
  { on: 'Images', table: 'Builds of debian', row: 'ready' },
];

describe.each(themes)('the dashboard in %s', (theme) => {
  it.each(pageNames)(
    'has no fault that axe finds on %s, on a phone or a wall, and nothing runs over the edge',
    async (name) => {
      for (const size of theme === 'light' ? [phone, desk, wall] : [phone, desk]) {
        expect(await faultsOf(name, { ...size, theme })).toEqual([]);
      }
    },
  );

  it.each(dialogs)('has none in a dialog on $on either', async ({ on, table, row }) => {
    await using tab = await browser.open({ theme });
    await openDashboard(tab.page, site.url);
    await goTo(tab.page, on);
    await rowOf(tab.page, table, row).first().getByRole('link').first().click();
    await tab.page.getByRole('dialog').waitFor();

    expect(await violationsOn(tab.page)).toEqual([]);
  });
});

describe('the keyboard alone', () => {
  it('reaches every page, past the links to the content, and into and out of a dialog', async () => {
    await using tab = await browser.open();
    const { page } = tab;
    await openDashboard(page, site.url);

    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Nodes' });
    await links.focus();
    await page.keyboard.press('Enter');
    const node = rowOf(page, 'Nodes', 'ready').first().getByRole('link').first();
    await node.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await node.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  });
});

async function faultsOf(name: PageName, view: View): Promise<readonly string[]> {
  await using tab = await browser.open(view);
  await tab.page.goto(`${site.url}/#/${name.toLowerCase()}`);
  await tab.page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  await tab.page.getByRole('heading', { level: 1, name }).waitFor();
  const over = await tab.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  const faults = [...(await violationsOn(tab.page)), ...tab.complaints];
  return [...faults, ...(over > 0 ? [`${over} pixels too wide`] : [])].map((fault) => `${view.width} px: ${fault}`);
}
