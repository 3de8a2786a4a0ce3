import { FakeClock } from '@nodepool/runtime/testing';
import { h, type JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client.js';
import { type AppState, initialState, type Link } from '../state/app-state.js';
import { Notices } from '../state/notices.js';
import { Observable } from '../state/observable.js';
import { type Snapshot, toSnapshot } from '../state/snapshot.js';
import { TokenDesk } from '../state/token-desk.js';
import {
  aBuild,
  aBuilder,
  aNode,
  anImage,
  anUpload,
  aProvider,
  aRequest,
  aSnapshot,
  emptyLists,
  sampleSec,
} from '../testing/samples.js';
import { type App, AppContext, type Theme } from '../ui/app-context.js';
import { Shell } from '../ui/shell.js';
import { pages, pageTitles, parseRoute } from '../view/route.js';

/** The whole window as HTML. */
function draw(hash: string, snapshot: Snapshot | undefined, link: Link = { kind: 'live' }): string {
  const clock = new FakeClock(sampleSec * 1000);
  const client = new ApiClient(async () => Response.json({}), 'api/v1');
  const app: App = {
    client,
    clock,
    state: new Observable<AppState>({ ...initialState, link, snapshot }),
    desk: new TokenDesk(client),
    notices: new Notices(clock),
    route: new Observable(parseRoute(hash)),
    nowSec: new Observable(sampleSec),
    theme: new Observable<Theme>('system'),
    reconnect: () => undefined,
    go: () => undefined,
  };
  return renderToString(h(AppContext.Provider, { value: app, children: h(Shell, {}) as JSX.Element }));
}

/** The text alone, in one line. */
function textOf(html: string): string {
  return html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

describe('every page', () => {
  it.each(pages)('is drawn where nothing is: %s', (page) => {
    const text = textOf(draw(`#/${page}`, toSnapshot(emptyLists)));

    expect(text).toContain(`${pageTitles[page]} `);
    expect(text).toMatch(/There are no|Nothing|No |nobody/);
  });

  it.each(pages)('is drawn while the lists are read: %s', (page) => {
    expect(textOf(draw(`#/${page}`, undefined, { kind: 'connecting' }))).toContain('Reading the state of the system…');
  });

  it('says that it is disconnected, why, and when it tries again', () => {
    const link: Link = { kind: 'waiting', reason: 'The server does not answer.', retryAtMs: sampleSec * 1000 + 3_000 };

    expect(textOf(draw('#/nodes', aSnapshot(), link))).toContain(
      'Disconnected The server does not answer. Again in 3 s.',
    );
  });
});

describe('the page of nodes', () => {
  const nodes = Array.from({ length: 5_000 }, (_, number) => aNode({ id: String(number).padStart(10, '0') }));

  it('draws the rows in sight and counts all of them', () => {
    const html = draw('#/nodes', aSnapshot({ nodes }));

    expect(html).toContain('aria-rowcount="5001"');
    expect(html.match(/scope="row"/g)?.length).toBeLessThan(80);
    expect(html).toMatch(/<tr aria-rowindex="2"><th scope="row" aria-colindex="1">/);
  });

  it('shows what a filter in the address lets through', () => {
    const held = aNode({ id: '0000009999', state: 'hold', comment: 'see ticket 7' });

    const html = draw('#/nodes?state=hold', aSnapshot({ nodes: [...nodes, held] }));

    expect(html).toContain('aria-rowcount="2"');
    expect(textOf(html)).toContain('1 of 5,001');
  });

  it('opens a node that is in the address, or says that it is gone', () => {
    expect(textOf(draw('#/nodes/0000000001', aSnapshot()))).toMatch(/Node 0000000001 .*192\.0\.2\.7 .*Hold .*Delete/);
    expect(textOf(draw('#/nodes/42', aSnapshot()))).toContain('There is no node 42, or no longer.');
  });
});

describe('the other pages', () => {
  it('show pools, what needs attention and ages on the overview', () => {
    const snapshot = aSnapshot({ providers: [aProvider({ healthy: false, problem: 'no route' })] });

    const text = textOf(draw('#/overview', snapshot));

    expect(text).toContain('cloud-a/main');
    expect(text).toContain('4 of 10');
    expect(text).toContain('Provider cloud-a: no route');
    expect(text).toContain('1 h of 1 d');
  });

  it('show a request with its nodes', () => {
    const nodes = [aNode({ allocated_to: '200-0000000001', state: 'building' })];

    expect(textOf(draw('#/requests/200-0000000001', aSnapshot({ nodes })))).toContain(
      '0000000001 building small in cloud-a',
    );
  });

  it('show builds and uploads with what is under way and why something failed', () => {
    const uploads = [anUpload({ state: 'failed', current: false, reason: 'no space left' })];
    const builds = [aBuild({ id: 'b2', state: 'building', current: false, uploads: [] }), aBuild({ uploads })];
    const builders = [
      aBuilder({ builds: [{ image: 'debian', build_id: 'b2', started_time: sampleSec - 9, step: 'root.d/10' }] }),
    ];

    const html = draw('#/images', aSnapshot({ images: [anImage({ builds })], builders }));

    expect(textOf(html)).toMatch(/b2 Log building .*root\.d\/10, 9 s/);
    expect(textOf(html)).toContain('no space left');
    expect(textOf(html)).toContain('Roll back debian');
  });

  it('offer to resume an image that is paused, not to pause it', () => {
    const text = textOf(draw('#/images', aSnapshot({ images: [anImage({ paused: true })] })));

    expect(text).toContain('Resume debian');
    expect(text).not.toContain('Pause debian');
  });

  it('show what a cloud does not let us have', () => {
    const text = textOf(draw('#/providers', aSnapshot({ providers: [aProvider({ limits: null })] })));

    expect(text).toContain('It is not known');
  });

  it('show how a cloud answers, and what fails there', () => {
    const calls = {
      window: 600,
      count: 30,
      failures: { quota: 2, transient: 3 },
      mean_seconds: 0.25,
      longest_seconds: 4,
      leaked: 1,
    };

    const text = textOf(draw('#/providers', aSnapshot({ providers: [aProvider({ calls })] })));

    expect(text).toContain('Calls 30, 3.0 a minute Mean time 250 ms Longest time 4.0 s Failed 3 transient, 2 quota');
    expect(text).toContain('Leaks removed 1 since it began');
  });

  it('put no text of a record into the page as HTML', () => {
    const html = draw('#/nodes/1', aSnapshot({ nodes: [aNode({ id: '1', comment: '<img src=x onerror=alert(1)>' })] }));

    expect(html).not.toContain('<img');
  });

  it('show requests that have ended without a wait', () => {
    const text = textOf(draw('#/requests', aSnapshot({ requests: [aRequest({ state: 'fulfilled' })] })));

    expect(text).toContain('200-0000000001 fulfilled');
  });
});
