// The orders of this device.

import { html, nothing } from '../vendor/lit-html.js';
import { get, orderPath } from '../api.js';
import { money, number, shortTime } from '../format.js';
import { all, forgetAll, remember, whenOrdersChanged } from '../orders.js';
import { locale, t } from '../words.js';

const isOpen = ({ status }) => status === undefined || status === 'queued' || status === 'reserved';

export function open(draw) {
  const end = new AbortController();
  const stop = whenOrdersChanged(draw);
  refresh(end.signal);
  return {
    title: () => t('orders.title'),
    view: () => view(draw),
    close: () => {
      end.abort();
      stop();
    },
  };
}

// One after the other: what became of those that were not over when they were last seen.
async function refresh(signal) {
  for (const known of all().filter(isOpen).reverse()) {
    if (signal.aborted) return;
    const order = await get(orderPath(known.id), signal).catch(() => null);
    if (order && order.status !== known.status) remember({ ...known, status: order.status });
  }
}

function view(draw) {
  const orders = all().sort((a, b) => b.at - a.at);
  return html`
    <section>
      <h1 tabindex="-1">${t('orders.title')}</h1>
      <p class="soft">${t('orders.lead')}</p>
      ${orders.length ? list(orders, draw) : html`<p class="empty">${t('orders.none')}</p><p><a class="button" href="#/">${t('events.all')}</a></p>`}
    </section>
  `;
}

function list(orders, draw) {
  const forget = () => {
    if (!confirm(t('orders.forget.sure'))) return;
    forgetAll();
    draw();
  };
  return html`
    <ul class="order-list">
      ${orders.map(row)}
    </ul>
    <p><button class="button button-quiet" @click=${forget}>${t('orders.forget')}</button></p>
  `;
}

const row = (order) => html`<li>
  <a href="#/orders/${order.id}">${order.event_name ?? order.id}</a>
  <span class="soft">${[
    order.quantity && order.category_name ? `${number(order.quantity, locale())} × ${order.category_name}` : '',
    order.total ? money(order.total, locale()) : '',
    shortTime(order.at, locale()),
  ]
    .filter(Boolean)
    .join(' · ')}</span>
  ${order.status ? html`<span class="chip chip-${order.status}">${t(`order.${order.status}`)}</span>` : nothing}
</li>`;
