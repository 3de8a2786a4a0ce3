import { ProviderError, type ProviderErrorCode } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { type AfterCut, decideAfterCut, decideReadiness } from './decide.js';
import type { GlanceImage } from './image.js';

interface Case extends Partial<Omit<AfterCut, 'image' | 'error'>> {
  readonly code?: ProviderErrorCode;
  readonly status?: string;
}

function next({ code = 'transient', status, ...rest }: Case): string {
  const image = status === undefined ? undefined : { id: 'i', status };
  const error = new ProviderError(code, 'cut');
  return decideAfterCut({ error, image, httpStatus: undefined, sent: 1, canStage: false, ...rest });
}

describe('after a cut', () => {
  it.each<[string, string, Case]>([
    ['the data are sent again', 'send-again', { status: 'queued' }],
    ['the data are sent again', 'send-again', { status: 'queued', sent: 2 }],
    ['nothing is sent a fourth time', 'give-up', { status: 'queued', sent: 3 }],
    ['nothing is sent that the cloud has refused for good', 'give-up', { status: 'queued', code: 'quota' }],
    ['the cloud gets time to notice', 'wait', { status: 'saving' }],
    ['the cloud gets time to notice', 'wait', { status: 'uploading' }],
    ['nobody waits after a refusal', 'give-up', { status: 'saving', code: 'quota' }],
    ['an active image must prove itself', 'verify', { status: 'active' }],
    ['an active image must prove itself', 'verify', { status: 'active', code: 'quota' }],
    ['a killed image is given up', 'give-up', { status: 'killed' }],
    ['an image that is gone is given up', 'give-up', {}],
    ['data are staged where they are not taken', 'stage', { status: 'queued', httpStatus: 405, canStage: true }],
    ['data are staged only where that is offered', 'give-up', { status: 'queued', httpStatus: 405 }],
  ])('%s: %s', (_, expected, given) => {
    expect(next(given)).toBe(expected);
  });
});

describe('an image', () => {
  it.each<[string, string, Partial<GlanceImage>]>([
    ['active', 'active', {}],
    ['pending', 'queued', {}],
    ['pending', 'saving', {}],
    ['pending', 'importing', {}],
    ['failed', 'importing', { os_glance_failed_import: 'local' }],
    ['failed', 'killed', {}],
    ['failed', 'deactivated', {}],
  ])('is %s as %s', (expected, status, change) => {
    expect(decideReadiness({ id: 'i', status, ...change }).kind).toBe(expected);
  });
});
