import type { Socket } from 'node:net';
import { errorCode } from '@nodepool/runtime';
import { problemMediaType, toProblem } from '../api/problem.js';
import { WebError } from '../errors.js';

/** Answers what was not a request as far as it came, and closes the connection. */
export function refuseConnection(error: unknown, socket: Socket): void {
  if (!socket.writable || errorCode(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, problem } = rawProblem(errorCode(error));
  const body = JSON.stringify({ ...problem, status });
  const head = [
    `HTTP/1.1 ${status} ${problem.title}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function rawProblem(code: string | undefined) {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return toProblem(new WebError('NP_WEB_TIMEOUT', 'the request did not arrive in time'));
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const { problem, ...rest } = toProblem(new WebError('NP_WEB_TOO_LARGE', 'the head of the request is too large'));
    return { ...rest, status: 431, problem: { ...problem, title: 'Request Header Fields Too Large' } };
  }
  return toProblem(new WebError('NP_WEB_MALFORMED', 'not a request that the server understands'));
}
