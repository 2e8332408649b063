// Calls of ticketd's API (docs/api.md). Whatever comes back is a value or one of two errors.

import { learn } from './clock.js';

const answerMsMax = 20_000; // longer than Nginx waits for a replica

// The server said no: a problem document (RFC 9457), of which `name` is the end of its type.
export class Refusal extends Error {
  constructor(status, problem, retryAfterMs) {
    super(problem.title ?? `status ${status}`);
    this.status = status;
    this.problem = problem;
    this.name = (problem.type ?? '').replace('urn:ticketd:problem:', '') || 'internal-error';
    this.retryAfterMs = retryAfterMs;
  }
}

// No answer came: nobody knows whether the server has heard.
export class NoAnswer extends Error {
  constructor() {
    super('no answer');
    this.name = 'no-answer';
  }
}

const json = async (response) => {
  try {
    return await response.json();
  } catch {
    return {};
  }
};

// call(method, path, {body, headers, signal}) -> {value, headers}
export async function call(method, path, { body, headers = {}, signal } = {}) {
  const limit = AbortSignal.timeout(answerMsMax);
  const sentMs = Date.now();
  let response;
  try {
    response = await fetch(path, {
      method,
      body: body && JSON.stringify(body),
      headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
      signal: signal && AbortSignal.any ? AbortSignal.any([signal, limit]) : (signal ?? limit),
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
  } catch {
    throw new NoAnswer();
  }
  learn(response, sentMs);
  const value = await json(response);
  if (!response.ok) throw new Refusal(response.status, value, 1000 * Number(response.headers.get('Retry-After') ?? 0));
  return { value, headers: response.headers };
}

export const get = async (path, signal) => (await call('GET', path, { signal })).value;

export const eventPath = (id) => `/api/v1/events/${encodeURIComponent(id)}`;
export const orderPath = (id) => `/api/v1/orders/${encodeURIComponent(id)}`;

// All events, page by page (Link: rel="next").
export async function* eventPages(signal) {
  for (let path = '/api/v1/events'; path; ) {
    const { value, headers } = await call('GET', path, { signal });
    yield value.events;
    path = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get('Link') ?? '')?.[1];
  }
}
