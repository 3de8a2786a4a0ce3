import type { Problem } from './types.js';

/** Why a call did not do what it should, in words for the operator. */
export class ApiError extends Error {
  readonly code: string;
  /** 0 when there was no answer. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Another token than the one that is kept. */
  readonly token?: string;
}

/** Calls API v1. The token lives in this object and nowhere else: it goes with the tab. */
export class ApiClient {
  readonly #fetch: Fetch;
  readonly #base: string;
  #token: string | undefined;

  /** @param base such as `api/v1`: relative to the page, so that it works behind a prefix. */
  constructor(fetch: Fetch, base: string) {
    this.#fetch = fetch;
    this.#base = base;
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  setToken(token: string | undefined): void {
    this.#token = token;
  }

  /** The answer, once its head has come. @throws ApiError when it is a failure, or there is none. */
  async open(path: string, { method = 'GET', body, headers, signal, token }: CallOptions = {}): Promise<Response> {
    const bearer = token ?? this.#token;
    const init: RequestInit = {
      method,
      credentials: 'omit',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    };
    const response = await this.#fetch(`${this.#base}${path}`, init).catch((error: unknown) => {
      if (signal?.aborted === true) throw error;
      throw new ApiError('NO_ANSWER', 0, 'The server does not answer. Is the launcher running?');
    });
    if (!response.ok) throw await toError(response);
    return response;
  }

  /** The body of the answer; undefined where there is none. */
  async call<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await this.open(path, options);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** All items of a list, page by page. */
  async list<Item>(path: string, signal?: AbortSignal): Promise<readonly Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<Item> = await this.call<Page<Item>>(`${path}?limit=1000${query}`, { signal });
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  }
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

async function toError(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const detail = problem.detail ?? problem.title ?? `the server answered ${response.status}`;
  return new ApiError(problem.code ?? `HTTP_${response.status}`, response.status, asSentence(detail));
}

/** Details of problems are worded as parts of a log line. */
function asSentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
