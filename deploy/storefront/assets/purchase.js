// Buying, once. Before a purchase is sent its Idempotency-Key is written down, with its body, and stays there until there is
// an answer: so a reload, the back button, a lost network, a second tab and a second press all repeat the same purchase,
// which is the same order. An event has one purchase under way at a time.

import { call } from './api.js';
import { backoff, pause } from './pause.js';
import { alone, read, whenChanged, write } from './storage.js';
import { remember } from './orders.js';

const name = 'ticketd.purchases'; // {event_id: {key, body, shown}}
const sameWithinMs = 600_000;

const all = () => read(name, {});

export const pending = (event) => all()[event] ?? null;
export const whenPendingChanged = (tell) => whenChanged(name, tell);

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The purchase that is under way, or this one. `shown` is what the page says of it: names, which no order has.
export function begin(body, shown) {
  const purchases = all();
  const found = purchases[body.event_id];
  if (found) return found;
  const made = { key: newKey(), body, shown };
  write(name, { ...purchases, [body.event_id]: made });
  return made;
}

// An answer has come, or the buyer does not want to wait for one any more.
export function forget(purchase) {
  const { [purchase.body.event_id]: found, ...rest } = all();
  if (found?.key === purchase.key) write(name, rest);
}

// One just like it that was answered a short while ago: pressed again in another tab, or after the back button.
export function justBought(body, orders, nowMs = Date.now()) {
  return orders.find((order) => nowMs - order.at < sameWithinMs && order.same === sameness(body)) ?? null;
}

const sameness = ({ event_id, category_id, quantity, buyer }) =>
  JSON.stringify([event_id, category_id, quantity, buyer.email.trim()]);

// No answer, or one after which it is worth asking again under the same key.
const isToRepeat = (error) =>
  error.name === 'no-answer' || error.status >= 500 || error.status === 408 || error.status === 429;

// Sends it until there is an answer: returns the order's id, or throws the Refusal. wait({error, tries}) is told why it is
// sent again. In one tab at a time; null if another one has had the answer, or the signal has ended it.
export function send(purchase, wait, signal) {
  return alone(`purchase/${purchase.body.event_id}`, signal, async () => {
    const nextMs = backoff(1000, 8000);
    for (let tries = 1; !signal.aborted; ++tries) {
      if (pending(purchase.body.event_id)?.key !== purchase.key) return null;
      try {
        return await sendOnce(purchase, signal);
      } catch (error) {
        if (signal.aborted) return null;
        if (!isToRepeat(error)) {
          forget(purchase);
          throw error;
        }
        wait({ error, tries });
        await pauseOrOnline(Math.max(nextMs(), error.retryAfterMs ?? 0), signal);
      }
    }
    return null;
  });
}

async function sendOnce(purchase, signal) {
  const headers = { 'Idempotency-Key': purchase.key };
  const { value } = await call('POST', '/api/v1/orders', { body: purchase.body, headers, signal });
  remember({ id: value.id, same: sameness(purchase.body), key: purchase.key, ...purchase.shown });
  forget(purchase);
  return value.id;
}

async function pauseOrOnline(ms, signal) {
  const early = new AbortController();
  const end = () => early.abort();
  addEventListener('online', end);
  signal.addEventListener('abort', end);
  await pause(ms, early.signal);
  removeEventListener('online', end);
  signal.removeEventListener('abort', end);
}
