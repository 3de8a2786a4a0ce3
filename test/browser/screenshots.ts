import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '../support/daemon.js';
import { startBrowser, type Theme } from './support/browser.js';
import { makeLively } from './support/lively.js';
import { goTo, openDashboard, pageNames } from './support/person.js';
import { startSite } from './support/site.js';

/** Overview's charts need some history to show. */
const historyMs = 20_000;
const folder = join(checkout, 'docs/screenshots');

async function takeAll(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await using site = await startSite();
  await using browser = await startBrowser();
  const themes: readonly Theme[] = ['light', 'dark'];
  const tabs = [];
  for (const theme of themes) {
    const tab = await browser.open({ theme });
    await openDashboard(tab.page, site.url);
    tabs.push({ theme, page: tab.page });
  }
  await makeLively(site);
  await new Promise((resolve) => setTimeout(resolve, historyMs));
  for (const { theme, page } of tabs) {
    for (const name of pageNames) {
      await goTo(page, name);
      const file = `${name.toLowerCase()}-${theme}.png`;
      await page.screenshot({ path: join(folder, file) });
      console.log(join('docs/screenshots', file));
    }
  }
}

await takeAll();
