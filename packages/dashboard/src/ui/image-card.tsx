import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Builder, Image } from '../api/types.js';
import { imageAge } from '../view/image-age.js';
import { imageMatrix } from '../view/image-matrix.js';
import { type Route, routeHash } from '../view/route.js';
import { useApp, useObserved } from './app-context.js';
import { Badge } from './badge.js';
import { ImageActions } from './image-actions.js';
import { AgeBar } from './image-ages.js';
import { ImageHistory, useImageHistory } from './image-history.js';
import { MatrixTable } from './matrix-table.js';
import { Empty } from './panel.js';

/** One image: how old it is, its builds in every provider, what can be done with it. */
export function ImageCard({
  image,
  builders,
  route,
}: {
  readonly image: Image;
  readonly builders: readonly Builder[];
  readonly route: Route;
}): JSX.Element {
  const nowSec = useObserved(useApp().nowSec);
  const events = useImageHistory(image);
  const matrix = useMemo(() => imageMatrix(image, builders, events), [image, builders, events]);
  const age = imageAge(image, builders, nowSec);
  const id = `image-${image.name}`;
  return (
    <section class="panel image" aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>
          <a href={routeHash({ page: 'images', id: image.name })}>{image.name}</a>
        </h2>
        <Badge state={age.verdict} />
        {age.building && <Badge state="building" />}
        {image.build_requested_time !== null && <Badge state="requested" word="build requested" />}
        {!image.configured && <Badge state="idle" word="not configured" />}
        <AgeBar age={age} />
        <ImageActions image={image} />
      </header>
      {matrix.rows.length === 0 ? (
        <Empty>It has never been built.</Empty>
      ) : (
        <MatrixTable image={image.name} matrix={matrix} logHref={(name) => logHref(route, name)} />
      )}
      <ImageHistory events={events} isOpen={route.id === image.name} />
    </section>
  );
}

function logHref(route: Route, build: string): string {
  return routeHash({ ...route, query: { ...route.query, log: build } });
}
