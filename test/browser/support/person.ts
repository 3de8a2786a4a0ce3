import type { Locator, Page } from 'playwright-core';

export type PageName = 'Overview' | 'Nodes' | 'Requests' | 'Images' | 'Providers' | 'Components' | 'Events';

export const pageNames: readonly PageName[] = [
  'Overview',
  'Nodes',
  'Requests',
  'Images',
  'Providers',
  'Components',
  'Events',
];

/** Opens the dashboard and waits until it shows what is there. */
export async function openDashboard(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
}

/** Goes to a page by its link, as a person does. */
export async function goTo(page: Page, name: PageName): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** The row of a table that has the text. */
export function rowOf(page: Page, table: string | RegExp, text: string): Locator {
  return page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });
}

export interface Asked {
  /** Name of the dialog, and of the button that says yes. */
  readonly dialog: string;
  readonly yes: string;
  /** A field to fill before. */
  readonly fill?: { readonly label: string; readonly text: string };
  /** Wanted where it is the first change of the tab. */
  readonly token?: string;
}

/** Presses a button that asks back, says yes, and waits until it was done. */
export async function confirm(page: Page, button: Locator, { dialog, yes, fill, token }: Asked): Promise<void> {
  await button.click();
  const asked = page.getByRole('dialog', { name: dialog });
  if (fill !== undefined) await asked.getByLabel(fill.label).fill(fill.text);
  await asked.getByRole('button', { name: yes, exact: true }).click();
  if (token !== undefined) await giveToken(page, token);
  await asked.waitFor({ state: 'detached' });
}

async function giveToken(page: Page, token: string): Promise<void> {
  const asked = page.getByRole('dialog', { name: 'Token' });
  await asked.getByLabel('Token').fill(token);
  await asked.getByRole('button', { name: 'Use token' }).click();
  await asked.waitFor({ state: 'detached' });
}
