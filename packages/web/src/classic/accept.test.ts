import { describe, expect, it } from 'vitest';
import { preferredForm } from './accept.js';

describe('the form of a list', () => {
  it.each([
    [undefined, 'table'],
    ['', 'table'],
    ['*/*', 'table'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'table'],
    ['text/plain', 'table'],
    ['application/json', 'json'],
    ['application/*', 'json'],
    ['application/json, text/plain', 'table'],
    ['application/json, text/plain;q=0.9', 'json'],
    ['text/*;q=0.5, application/json;q=0.4', 'table'],
    ['text/html;q=0, text/plain;q=0, */*', 'json'],
    ['application/json;q=0, */*', 'table'],
    ['application/xml', undefined],
    ['*/*;q=0', undefined],
    ['not a media range', 'table'],
    ['application/json;q=many', 'table'],
  ])('for "%s" is %s', (accept, form) => {
    expect(preferredForm(accept)).toBe(form);
  });
});
