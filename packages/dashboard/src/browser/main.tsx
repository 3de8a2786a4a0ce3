import 'uplot/dist/uPlot.min.css';
import '../style/main.css';
import { render } from 'preact';
import { ApiClient } from '../api/client.js';
import { type AppState, initialState } from '../state/app-state.js';
import { Follower } from '../state/follower.js';
import { Notices } from '../state/notices.js';
import { Observable } from '../state/observable.js';
import { TokenDesk } from '../state/token-desk.js';
import { type App, AppContext } from '../ui/app-context.js';
import { Shell } from '../ui/shell.js';
import { parseRoute } from '../view/route.js';
import { browserClock, browserRandom } from './clock.js';
import { openTheme } from './theme.js';
import { restWhenHidden } from './visibility.js';

/** A hidden tab holds one of the few connections that a browser has for a server. */
const restAfterMs = 60_000;

function main(): void {
  const clock = browserClock;
  const client = new ApiClient((url, init) => fetch(url, init), 'api/v1');
  const state = new Observable<AppState>(initialState);
  const follower = new Follower({ client, clock, random: browserRandom, state });
  const route = new Observable(parseRoute(location.hash));
  const serverSec = (): number => clock.now() / 1000 + state.value.skewSec;
  const nowSec = new Observable(serverSec());
  const app: App = {
    client,
    clock,
    state,
    desk: new TokenDesk(client),
    notices: new Notices(clock),
    route,
    nowSec,
    theme: openTheme(document.documentElement, localStorage),
    reconnect: () => follower.retry(),
    go: (hash) => {
      history.replaceState(null, '', hash);
      route.set(parseRoute(hash));
    },
  };
  addEventListener('hashchange', () => route.set(parseRoute(location.hash)));
  const { signal } = new AbortController();
  void tick(nowSec, serverSec, signal);
  void follower.run(signal);
  restWhenHidden(document, clock, restAfterMs, follower);
  const root = document.getElementById('app');
  if (root === null) throw new Error('the page has no element "app"');
  render(
    <AppContext.Provider value={app}>
      <Shell />
    </AppContext.Provider>,
    root,
  );
}

async function tick(nowSec: Observable<number>, read: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    nowSec.set(read());
    await browserClock.sleep(1000, signal);
  }
}

main();
