import { durationText } from '@nodepool/runtime/duration-text';
import type { JSX } from 'preact';
import type { Pool, Provider, ProviderCalls } from '../api/types.js';
import { Badge } from '../ui/badge.js';
import { Facts } from '../ui/facts.js';
import { Meter } from '../ui/meter.js';
import { Empty } from '../ui/panel.js';
import { barsOf, poolRows } from '../view/bars.js';
import { countText, latencyText } from '../view/duration.js';
import { routeHash } from '../view/route.js';
import type { PageProps } from './page-props.js';

/** The clouds: what they allow, what is used, what is wrong. */
export function ProvidersPage({ snapshot: { providers, pools, points }, route }: PageProps): JSX.Element {
  const shown = providers.filter(({ name }) => route.id === undefined || name === route.id);
  return (
    <>
      {route.id !== undefined && (
        <p class="filters">
          <a href="#/providers">All providers</a>
        </p>
      )}
      {shown.length === 0 && (
        <Empty>{providers.length === 0 ? 'No provider is configured.' : 'There is no such provider.'}</Empty>
      )}
      <div class="cards">
        {shown.map((provider) => (
          <ProviderCard
            key={provider.name}
            provider={provider}
            pools={poolRows(
              pools.filter((pool: Pool) => pool.provider === provider.name),
              points,
            )}
          />
        ))}
      </div>
    </>
  );
}

function ProviderCard({
  provider,
  pools,
}: {
  readonly provider: Provider;
  readonly pools: ReturnType<typeof poolRows>;
}): JSX.Element {
  const { name, driver, used, limits, nodes, healthy, problem, calls } = provider;
  const id = `provider-${name}`;
  const states = Object.entries(nodes).sort(([left], [right]) => (left < right ? -1 : 1));
  return (
    <section class="panel" aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{name}</h2>
        <Badge state={healthy ? 'ok' : 'failed'} word={healthy ? 'well' : 'problem'} />
        <span class="quiet">driver {driver}</span>
      </header>
      {problem !== null && <p class="failure">{problem}</p>}
      <h3>Quota of the cloud</h3>
      {limits === null && <p class="quiet">It is not known, or has no limits. This is what our nodes take:</p>}
      {barsOf(used, limits).map((bar) => (
        <Meter key={bar.resource} bar={bar} of={name} />
      ))}
      <Calls calls={calls} />
      <h3>Pools</h3>
      {pools.length === 0 && <p class="quiet">No launcher serves a pool of it.</p>}
      {pools.map((row) => (
        <div key={row.name}>
          <h4>
            {row.name} {row.paused && <Badge state="paused" word="waits for quota" />}
          </h4>
          {row.bars.map((bar) => (
            <Meter key={bar.resource} bar={bar} of={row.name} />
          ))}
        </div>
      ))}
      <h3>Nodes</h3>
      {states.length === 0 && <p class="quiet">None.</p>}
      <Facts
        facts={states.map(([state, count]) => [
          state,
          <a key={state} href={routeHash({ page: 'nodes', query: { provider: name, state } })}>
            {count}
          </a>,
        ])}
      />
    </section>
  );
}

function Calls({ calls }: { readonly calls: ProviderCalls | null }): JSX.Element {
  if (calls === null) return <p class="quiet">This launcher has not called it since it began.</p>;
  const failures = Object.entries(calls.failures).sort(([, left], [, right]) => right - left);
  const failed = failures.reduce((sum, [, count]) => sum + count, 0);
  const rate = (calls.count / calls.window) * 60;
  return (
    <>
      <h3>Calls of this launcher in {durationText(calls.window)}</h3>
      <Facts
        facts={[
          ['Calls', `${countText(calls.count)}, ${rate.toFixed(1)} a minute`],
          ['Mean time', latencyText(calls.mean_seconds)],
          ['Longest time', latencyText(calls.longest_seconds)],
          ['Failed', failed === 0 ? 'none' : failures.map(([code, count]) => `${count} ${code}`).join(', ')],
          ['Leaks removed', calls.leaked === 0 ? 'none' : `${countText(calls.leaked)} since it began`],
        ]}
      />
    </>
  );
}
