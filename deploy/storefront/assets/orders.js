// The orders that were made on this device: who has an order's id has the order, so nobody else is asked for them.

import { read, whenChanged, write } from './storage.js';

const name = 'ticketd.orders';
const ordersMax = 50;

// The newest first: {id, at, event_id, event_name, category_name, quantity, ...}
export const all = () => read(name, []);

export const find = (id) => all().find((order) => order.id === id) ?? null;

export function remember(order) {
  const others = all().filter((known) => known.id !== order.id);
  write(name, [{ at: Date.now(), ...order }, ...others].slice(0, ordersMax));
  dispatchEvent(new Event('ticketd-orders'));
}

export function forgetAll() {
  write(name, []);
  dispatchEvent(new Event('ticketd-orders'));
}

// In this tab or another one.
export function whenOrdersChanged(tell) {
  const end = whenChanged(name, tell);
  addEventListener('ticketd-orders', tell);
  return () => {
    end();
    removeEventListener('ticketd-orders', tell);
  };
}
