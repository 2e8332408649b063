// What changes while one looks: an order until it is final, what is left of an event.
//
// By a stream (EventSource) where the server has one, else by asking again and again, more and more rarely. All tabs of a
// browser share one watch of a thing: one of them holds it, under a lock, and tells the others. And all watches together
// hold at most two of the six connections that a browser has for HTTP/1.1, as others are for buying: who finds no
// stream free asks.

import { eventPath, get, orderPath } from './api.js';
import { backoff, pause } from './pause.js';
import { alone } from './storage.js';

const streamsMax = 2;
const streamAgainMs = 30_000; // a stream that was refused is tried again after so long
const restMs = 7500;
const absencesMax = 3; // a replica may not have heard yet of what has just been made

// What can be watched. `askMs` are the first and the longest pause between questions; one that rests is asked about rarely,
// as little may come of it: an order that has expired is confirmed if its charge turns out to have succeeded.
export const order = (id) => ({
  name: `order/${id}`,
  path: orderPath(id),
  stream: `${orderPath(id)}/events`,
  event: 'order',
  askMs: [250, 1500],
  isOver: ({ status }) => ['confirmed', 'rejected', 'payment_failed'].includes(status),
  isResting: ({ status }) => status === 'expired',
});
export const availability = (id) => ({
  name: `availability/${id}`,
  path: `${eventPath(id)}/availability`,
  stream: `${eventPath(id)}/availability/events`,
  event: 'availability',
  askMs: [1000, 2000],
  isOver: () => false,
  isResting: ({ sale_status }) => sale_status === 'closed',
});

// watch(topic, tell, fail): tell(value) at once and with each change; fail(error) when it could not be read (it goes on
// trying). Returns what ends it.
export function watch(topic, tell, fail = () => {}) {
  const end = new AbortController();
  const { signal } = end;
  const others = 'BroadcastChannel' in globalThis ? new BroadcastChannel(`ticketd/${topic.name}`) : null;
  let last = '';
  let absences = 0;
  const hear = (value) => {
    const text = JSON.stringify(value);
    if (signal.aborted || text === last) return;
    last = text;
    tell(value);
    if (topic.isOver(value)) end.abort(); // and who waits to lead does not
  };
  if (others) others.onmessage = ({ data }) => hear(data);
  const spread = (value) => {
    if (!signal.aborted) others?.postMessage(value);
    hear(value);
  };
  const ask = async () => {
    try {
      const value = await get(topic.path, signal);
      spread(value);
      return value;
    } catch (error) {
      if (signal.aborted) return null;
      if (error.name === 'not-found' && !last && ++absences === absencesMax) end.abort(); // and never will be
      fail(error);
      return null;
    }
  };
  // Each tab reads once for itself: whoever leads may have nothing new to say for a long time.
  ask().then(() => {
    if (!signal.aborted) alone(`watch/${topic.name}`, signal, () => lead(topic, spread, ask, signal)).catch(() => {});
  });
  return () => {
    end.abort();
    others?.close();
  };
}

// Until it is over.
async function lead(topic, spread, ask, signal) {
  while (!signal.aborted) {
    await byStream(topic, spread, signal);
    await byAsking(topic, ask, signal);
  }
}

// A tab that is not looked at asks rarely.
async function byAsking(topic, ask, signal) {
  const nextMs = backoff(...topic.askMs);
  const until = Date.now() + streamAgainMs;
  while (!signal.aborted && Date.now() < until) {
    const value = await ask();
    await pause(document.hidden || (value && topic.isResting(value)) ? restMs : nextMs(), signal);
  }
}

// A stream that breaks EventSource opens again by itself, saying what it heard last; one that is refused it gives up, and so
// it is where the last state was heard before (204).
async function byStream(topic, spread, signal) {
  if (!('EventSource' in globalThis)) return;
  await withStream(signal, () => {
    const stream = new EventSource(topic.stream);
    return new Promise((resolve) => {
      const end = () => {
        stream.close();
        resolve();
      };
      stream.addEventListener(topic.event, ({ data }) => spread(JSON.parse(data)));
      stream.onerror = () => {
        if (stream.readyState === EventSource.CLOSED) end();
      };
      signal.addEventListener('abort', end);
    });
  });
}

// Does the work if one of the streams is free in all tabs.
async function withStream(signal, work) {
  if (!navigator.locks) return work();
  let isDone = false;
  for (let i = 0; i < streamsMax && !isDone && !signal.aborted; ++i)
    await navigator.locks.request(`ticketd/stream/${i}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      isDone = true;
      if (!signal.aborted) await work(); // it may have ended while the lock was asked for, and would not be told any more
    });
}
