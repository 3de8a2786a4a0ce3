import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { endServer, listen, urlOf } from '../../testing/local-http.js';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the client has shown a certificate that the server believes. */
  readonly peer: boolean;
}

/** What to answer; `cut` breaks the connection instead. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'cut'
  | 'silence';

export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

/** An HTTP server on this machine that answers as `reply` says; an undefined reply is 404. */
export async function startLoopbackServer(
  reply: (request: SeenRequest) => Reply | undefined | Promise<Reply | undefined>,
  create: (listener: RequestListener) => Server = createServer,
): Promise<LoopbackServer> {
  const seen: SeenRequest[] = [];
  const server = create((request, response) => {
    readBody(request)
      .then(async (body) => {
        const { method = '', url = '', headers } = request;
        const { socket } = request;
        const peer = socket instanceof TLSSocket && socket.authorized;
        const asked = { method, url, headers, body, peer };
        seen.push(asked);
        send((await reply(asked)) ?? { status: 404 }, response);
      })
      .catch(() => response.destroy());
  });
  await listen(server);
  const url = urlOf(server);
  return {
    url: create === createServer ? url : url.replace('http:', 'https:'),
    seen,
    [Symbol.asyncDispose]: () => endServer(server),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function send(reply: Reply, response: ServerResponse): void {
  if (reply === 'silence') return;
  if (reply === 'cut') {
    response.destroy();
    return;
  }
  const { status, headers = {}, body } = reply;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}
