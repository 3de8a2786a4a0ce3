import { durationText } from '@nodepool/runtime/duration-text';
import type { JSX } from 'preact';
import type { Builder, Image } from '../api/types.js';
import { type ImageAge, imageAge } from '../view/image-age.js';
import { routeHash } from '../view/route.js';
import { useApp, useObserved } from './app-context.js';
import { Badge } from './badge.js';
import { Track } from './meter.js';
import { Empty, Panel } from './panel.js';

/** Ages of all images as bars against their rebuild age. */
export function ImageAges({
  images,
  builders,
}: {
  readonly images: ReadonlyMap<string, Image>;
  readonly builders: readonly Builder[];
}): JSX.Element {
  const nowSec = useObserved(useApp().nowSec);
  const ages = Array.from(images.values(), (image) => imageAge(image, builders, nowSec)).sort(byShare);
  return (
    <Panel title="Image ages" aside={<span class="quiet">age of the build in use and rebuild age</span>}>
      {ages.length === 0 && <Empty>No image is configured.</Empty>}
      <ul class="ages">
        {ages.map((age) => (
          <li key={age.name} class="age">
            <a href={routeHash({ page: 'images', id: age.name })}>{age.name}</a>
            <AgeBar age={age} />
            <span class="age-state">
              <Badge state={age.verdict} />
              {age.building && <Badge state="building" />}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The age of one image, as far as it has a schedule. */
export function AgeBar({ age: { name, ageSec, rebuildSec, share, verdict } }: { readonly age: ImageAge }): JSX.Element {
  const text = ageText(ageSec, rebuildSec);
  if (ageSec === undefined || rebuildSec === undefined) return <span class="quiet">{text}</span>;
  return (
    <div class="meter">
      <Track
        tone={verdict === 'overdue' ? 'full' : verdict === 'due' ? 'near' : 'calm'}
        share={Math.min(1, share ?? 0)}
        label={`age of ${name}`}
        value={Math.round(ageSec)}
        limit={rebuildSec}
        text={text}
      />
      <span class="meter-text">{text}</span>
    </div>
  );
}

function ageText(ageSec: number | undefined, rebuildSec: number | undefined): string {
  if (ageSec === undefined) return 'no ready build';
  const age = durationText(ageSec);
  return rebuildSec === undefined ? `${age} old` : `${age} of ${durationText(rebuildSec)}`;
}

function byShare(left: ImageAge, right: ImageAge): number {
  return (right.share ?? 0) - (left.share ?? 0) || (left.name < right.name ? -1 : 1);
}
