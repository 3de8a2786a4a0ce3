import { chromium, type Page } from 'playwright-core';

/** What keeps Debian's Chromium quiet: no other process, no network but the page's own. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type Theme = 'light' | 'dark';

export interface View {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** A browser of the machine: `CHROMIUM` names another than Debian's. */
export interface Browser extends AsyncDisposable {
  /** A new tab with nothing remembered. */
  open(view?: Partial<View>): Promise<Tab>;
}

export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** What the page complained of: uncaught errors, console errors, failures of the server, requests to other hosts. */
  readonly complaints: readonly string[];
}

export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: quiet,
  });
  return {
    open: async ({ width = 1280, height = 800, theme = 'light' } = {}) => {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: 'en-GB' });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // Chromium notes every answer of 400 and above; which of them are faults is judged below.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          complaints.push(message.text());
        }
      });
      page.on('response', (response) => {
        if (response.status() >= 500) complaints.push(`${response.status()} for ${response.url()}`);
      });
      page.on('request', (request) => {
        const { hostname, protocol } = new URL(request.url());
        if (hostname !== '127.0.0.1' && protocol !== 'data:') complaints.push(`asked ${hostname}`);
      });
      return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
