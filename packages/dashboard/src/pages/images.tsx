import type { JSX } from 'preact';
import { useApp } from '../ui/app-context.js';
import { BuildLogDialog } from '../ui/build-log-dialog.js';
import { SearchField } from '../ui/filter-fields.js';
import { ImageCard } from '../ui/image-card.js';
import { Empty } from '../ui/panel.js';
import { routeHash } from '../view/route.js';
import type { PageProps } from './page-props.js';

/** All images: builds times providers, and what can be done with them. */
export function ImagesPage({ snapshot: { images, builders }, route }: PageProps): JSX.Element {
  const { go } = useApp();
  const { q = '', log } = route.query;
  const text = (route.id ?? q).toLowerCase();
  const shown = [...images.values()]
    .filter(({ name }) => (route.id === undefined ? name.toLowerCase().includes(text) : name === route.id))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const search = (value: string): void => go(routeHash({ page: 'images', query: { q: value } }));
  return (
    <>
      <search class="filters" aria-label="Filter images">
        <SearchField label="Find images" value={route.id ?? q} onInput={search} />
        {route.id !== undefined && <a href="#/images">All images</a>}
        <output class="quiet">
          {shown.length} of {images.size}
        </output>
      </search>
      {shown.length === 0 && <Empty>{images.size === 0 ? 'No image is configured.' : 'There is no such image.'}</Empty>}
      <div class="cards">
        {shown.map((image) => (
          <ImageCard key={image.name} image={image} builders={builders} route={route} />
        ))}
      </div>
      {log !== undefined && (
        <BuildLogDialog
          key={log}
          name={log}
          onClose={() => go(routeHash({ ...route, query: { ...route.query, log: '' } }))}
        />
      )}
    </>
  );
}
