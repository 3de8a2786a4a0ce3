import { durationText } from '@nodepool/runtime/duration-text';
import type { JSX } from 'preact';
import { shortId } from '../state/happenings.js';
import { bytesText } from '../view/duration.js';
import type { Cell, ImageMatrix, MatrixRow } from '../view/image-matrix.js';
import { Age } from './age.js';
import { Badge } from './badge.js';
import { Progress } from './meter.js';

/** Builds, the newest first, times providers. */
export function MatrixTable({
  image,
  matrix: { providers, rows },
  logHref,
}: {
  readonly image: string;
  readonly matrix: ImageMatrix;
  /** Address of the log of a build. */
  readonly logHref: (build: string) => string;
}): JSX.Element {
  const label = `Builds of ${image}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard
    <section class="matrix-region" aria-label={label} tabIndex={0}>
      <table class="matrix" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Build</th>
            <th scope="col">State</th>
            {providers.map((provider) => (
              <th key={provider} scope="col">
                {provider}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.build.id} row={row} logHref={logHref(row.build.name)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row, logHref }: { readonly row: MatrixRow; readonly logHref: string }): JSX.Element {
  const { build, standing, underWay, cells } = row;
  return (
    <tr class={standing === 'none' ? '' : `is-${standing}`}>
      <th scope="row">
        <span class="mono" title={build.id}>
          {shortId(build.id)}
        </span>
        <a href={logHref}>Log</a>
      </th>
      <td>
        <Badge state={build.state} note={standing === 'none' ? undefined : standing} />
        <span class="quiet">
          <Age since={build.state_time} />
          {build.formats.length > 0 && `, ${build.formats.join(', ')}`}
        </span>
        {underWay !== undefined && (
          <span class="step">
            {underWay.step ?? 'beginning'}, <Age since={underWay.started_time} />
          </span>
        )}
      </td>
      {cells.map((cell) => (
        <td key={cell.provider}>
          <UploadCell cell={cell} />
        </td>
      ))}
    </tr>
  );
}

function UploadCell({ cell: { provider, upload, standing, underWay, gate } }: { readonly cell: Cell }): JSX.Element {
  if (upload === undefined) return <span class="quiet">none</span>;
  const note = standing === 'none' ? undefined : standing;
  const validating = underWay?.phase === 'validating';
  return (
    <>
      <Badge state={validating ? 'validating' : upload.state} note={note} />
      {underWay?.phase === 'uploading' && upload.state === 'uploading' && (
        <Progress
          share={underWay.bytes_total === 0 ? 0 : underWay.bytes_sent / underWay.bytes_total}
          label={`upload to ${provider}`}
          text={progressText(underWay)}
        />
      )}
      {upload.state === 'ready' && (
        <span class="quiet">
          <Age since={upload.state_time} />
        </span>
      )}
      {gate !== undefined && (
        <Badge state={gate.passed ? 'ok' : 'failed'} word={gate.passed ? 'gate passed' : 'gate refused'} />
      )}
      {(upload.reason ?? (gate?.passed === false ? gate.text : null)) !== null && (
        <span class="reason">{upload.reason ?? gate?.text}</span>
      )}
    </>
  );
}

function progressText(upload: {
  readonly bytes_sent: number;
  readonly bytes_total: number;
  readonly bytes_per_second: number;
  readonly seconds_left: number | null;
}): string {
  const { bytes_sent: sent, bytes_total: total, bytes_per_second: rate, seconds_left: left } = upload;
  const rest = left === null ? '' : `, ${durationText(left)} left`;
  return `${bytesText(sent)} of ${bytesText(total)}, ${bytesText(rate)}/s${rest}`;
}
