import { expect, it } from 'vitest';
import { startBrowser } from './support/browser.js';
import { addForeignNodes } from './support/lively.js';
import { goTo, openDashboard, rowOf } from './support/person.js';
import { startSite } from './support/site.js';

it('a list of 5,000 nodes has a row for each to those who hear it, and few to draw, wherever it is scrolled to', async () => {
  await using site = await startSite();
  await addForeignNodes(site.cluster.zk, 5_000);
  await using browser = await startBrowser();
  await using tab = await browser.open();
  await openDashboard(tab.page, site.url);
  await goTo(tab.page, 'Nodes');
  const table = tab.page.getByRole('table', { name: 'Nodes' });
  await tab.page.getByText(/5,00\d of 5,00\d/).waitFor();

  const rows = Number(await table.getAttribute('aria-rowcount'));
  expect(rows).toBeGreaterThan(5_000);
  const last = String(rows - 2).padStart(10, '0');
  await table.getByRole('row').nth(1).hover();
  while (!(await rowOf(tab.page, 'Nodes', last).isVisible())) {
    await tab.page.mouse.wheel(0, 20_000);
    expect(await table.getByRole('row').count()).toBeLessThan(150);
  }
  expect(tab.complaints).toEqual([]);
});
