import { createHash } from 'node:crypto';
import { leaseErrorCodes } from '@nodepool/leases';
import { operationErrorCodes } from '@nodepool/operations';
import { storeErrorCodes } from '@nodepool/store';
import { webErrorCodes } from '../../errors.js';
import type { OpenApiDocument, Operation } from './document.js';

const style = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
code{font-family:ui-monospace,monospace}
h3{margin-bottom:0}h3 code{font-size:1rem}
pre{overflow:auto;padding:.75rem;border:1px solid;border-radius:.25rem}
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}
`;

/** The document for people: one page without scripts, styles or pictures from anywhere else. */
export function docsPage(document: OpenApiDocument): { readonly html: string; readonly policy: string } {
  const hash = createHash('sha256').update(style).digest('base64');
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Nodepool HTTP API</title>
<style>${style}</style>
<h1>Nodepool HTTP API</h1>
<p>Everything is below <code>/api/v1</code>. The same for programs: <a href="openapi.json">openapi.json</a>.
Changes need a token: <code>Authorization: Bearer TOKEN</code>. Failures are
<code>application/problem+json</code> with a stable <a href="#codes">code</a>. Lists come in pages: call again with
<code>cursor</code> set to <code>next</code> until that is null.</p>
${document.tags.map(({ name }) => section(document, name)).join('')}
<h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas).map(schemaText).join('')}
<h2 id="codes">Codes</h2>
<table><tbody>${codeRows()}</tbody></table>
</html>
`;
  return { html, policy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'` };
}

function section({ paths }: OpenApiDocument, tag: string): string {
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => callText(method, path, operation)),
  );
  return `<h2 id="${escapeHtml(tag)}">${escapeHtml(tag)}</h2>\n${calls.join('')}`;
}

function callText(method: string, path: string, operation: Operation): string {
  const { operationId, summary, description, parameters, security } = operation;
  const scope = security.flatMap((one) => Object.values(one).flat())[0];
  const rows = parameters.map(
    ({ name, in: place, required, description: about = '' }) =>
      `<tr><td><code>${escapeHtml(name)}</code><td>${place}${required ? ', required' : ''}<td>${escapeHtml(about)}`,
  );
  const table = rows.length === 0 ? '' : `<table><tbody>${rows.join('')}</tbody></table>\n`;
  const body = operation.requestBody?.content['application/json']?.schema;
  const bodyText = body === undefined ? '' : `<pre>${escapeHtml(JSON.stringify(body, null, 2))}</pre>\n`;
  return `<h3 id="${operationId}"><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h3>
<p>${escapeHtml(summary)}.${description === undefined ? '' : ` ${escapeHtml(description)}`}${scope === undefined ? '' : ` Scope: <code>${scope}</code>.`}</p>
${table}${bodyText}`;
}

function schemaText([name, schema]: readonly [string, unknown]): string {
  return `<h3 id="${escapeHtml(name)}">${escapeHtml(name)}</h3>\n<pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>\n`;
}

function codeRows(): string {
  const codes = Object.entries({ ...webErrorCodes, ...operationErrorCodes, ...leaseErrorCodes, ...storeErrorCodes });
  return codes
    .map(([code, meaning]) => `<tr id="${code}"><td><code>${code}</code><td>${escapeHtml(meaning)}`)
    .join('\n');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
