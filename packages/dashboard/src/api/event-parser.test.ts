import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser } from './event-parser.js';

const stream =
  'id: e1-1\nevent: reset\ndata: {}\n\n: still here\n\nid: e1-2\r\nevent: change\r\ndata: a\r\ndata:b\r\n\r\ndata: x\n\n';
const events = [
  { id: 'e1-1', name: 'reset', data: '{}' },
  { id: 'e1-2', name: 'change', data: 'a\nb' },
  { id: 'e1-2', name: 'message', data: 'x' },
];

describe('the parser of server-sent events', () => {
  it('finds the same events wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const places = [0, ...cuts.sort((left, right) => left - right), stream.length];
        const parser = new EventParser();
        const found = places.flatMap((place, number) => parser.push(stream.slice(places[number - 1] ?? 0, place)));
        expect(found).toEqual(events);
      }),
    );
  });

  it('says nothing of an event that is not complete', () => {
    expect(new EventParser().push('id: 1\nevent: change\ndata: {}\n')).toEqual([]);
  });
});
