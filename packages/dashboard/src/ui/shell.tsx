import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ComponentsPage } from '../pages/components.js';
import { EventsPage } from '../pages/events.js';
import { ImagesPage } from '../pages/images.js';
import { NodesPage } from '../pages/nodes.js';
import { OverviewPage } from '../pages/overview.js';
import type { PageProps } from '../pages/page-props.js';
import { ProvidersPage } from '../pages/providers.js';
import { RequestsPage } from '../pages/requests.js';
import type { Snapshot } from '../state/snapshot.js';
import { countText } from '../view/duration.js';
import { type PageName, pages, pageTitles } from '../view/route.js';
import { useApp, useObserved } from './app-context.js';
import { LinkState } from './link-state.js';
import { NoticeList } from './notice-list.js';
import { Empty } from './panel.js';
import { ThemeSwitch } from './theme-switch.js';
import { TokenButton } from './token-button.js';
import { TokenDialog } from './token-dialog.js';

const bodies: Readonly<Record<PageName, (props: PageProps) => JSX.Element>> = {
  overview: OverviewPage,
  nodes: NodesPage,
  requests: RequestsPage,
  images: ImagesPage,
  providers: ProvidersPage,
  components: ComponentsPage,
  events: EventsPage,
};

/** The whole window. */
export function Shell(): JSX.Element {
  const app = useApp();
  const { link, snapshot } = useObserved(app.state);
  const route = useObserved(app.route);
  const heading = useRef<HTMLHeadingElement>(null);
  const lastPage = useRef(route.page);
  const title = pageTitles[route.page];
  useEffect(() => {
    document.title = `${title} - Nodepool`;
    if (lastPage.current !== route.page) heading.current?.focus();
    lastPage.current = route.page;
  }, [route.page, title]);
  const Body = bodies[route.page];
  return (
    <div class={`shell page-${route.page}`}>
      <button type="button" class="skip" onClick={() => heading.current?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href="#/overview">
          <Mark />
          <span class="brand-name">Nodepool</span>
        </a>
        <LinkState />
        <div class="tools">
          <ThemeSwitch />
          <TokenButton />
        </div>
      </header>
      <Navigation page={route.page} snapshot={snapshot} />
      <main class={link.kind === 'live' ? '' : 'stale'}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {snapshot === undefined ? <Waiting /> : <Body snapshot={snapshot} route={route} />}
      </main>
      <TokenDialog />
      <NoticeList />
    </div>
  );
}

function Waiting(): JSX.Element {
  const { link } = useObserved(useApp().state);
  const text =
    link.kind === 'connecting' ? 'Reading the state of the system…' : 'Nothing to show until the server answers.';
  return <Empty>{text}</Empty>;
}

function Navigation({
  page,
  snapshot,
}: {
  readonly page: PageName;
  readonly snapshot: Snapshot | undefined;
}): JSX.Element {
  const counts = snapshot === undefined ? {} : countsOf(snapshot);
  const bar = useRef<HTMLElement>(null);
  // On a narrow screen the links are a line that scrolls.
  useEffect(() => {
    if (page !== 'overview')
      bar.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [page]);
  return (
    <nav ref={bar} aria-label="Pages">
      <ul>
        {pages.map((name) => (
          <li key={name}>
            <a href={`#/${name}`} aria-current={name === page ? 'page' : undefined}>
              {pageTitles[name]}
              {counts[name] !== undefined && <span class="count">{countText(counts[name])}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function countsOf({ nodes, now, images, providers, components }: Snapshot): Partial<Record<PageName, number>> {
  return {
    nodes: nodes.size,
    requests: (now.requests['requested'] ?? 0) + (now.requests['pending'] ?? 0),
    images: images.size,
    providers: providers.length,
    components: components.length,
  };
}

function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <rect x="1" y="1" width="6" height="6" rx="1.5" />
      <rect x="9" y="1" width="6" height="6" rx="1.5" opacity=".55" />
      <rect x="1" y="9" width="6" height="6" rx="1.5" opacity=".55" />
      <rect x="9" y="9" width="6" height="6" rx="1.5" />
    </svg>
  );
}
