// One order, live from `queued` to its tickets.

import { html, nothing } from '../vendor/lit-html.js';
import { eventPath, get } from '../api.js';
import { longTime, money, number } from '../format.js';
import { order as orderTopic, watch } from '../live.js';
import { find, remember } from '../orders.js';
import { has, locale, t } from '../words.js';
import { notice, waiting, wordsOf } from './parts.js';

const longMs = 6000; // after this the page says that it takes longer, and that nothing is lost
const steps = ['queued', 'reserved', 'confirmed'];

export function open(draw, id) {
  const page = { id, draw, known: find(id), order: null, error: null, isLong: false, qr: null };
  const timer = setTimeout(() => {
    page.isLong = true;
    draw();
  }, longMs);
  const end = watch(
    orderTopic(id),
    (order) => take(page, order),
    (error) => {
      page.error = error;
      draw();
    },
  );
  // While the buyer waits: to be there before the tickets are, whatever becomes of the network.
  import('../qr.js').then(
    ({ qr }) => {
      page.qr = qr;
      draw();
    },
    () => {}, // the code stands there in letters, too
  );
  return {
    title: () => (page.order ? t(`order.${page.order.status}`) : t('order.title')),
    view: () => view(page),
    close: () => {
      clearTimeout(timer);
      end();
    },
  };
}

async function take(page, order) {
  Object.assign(page, { order, error: null });
  page.draw();
  if (order.event_id) await name(page, order);
}

// An order names its event and category by their ids. One that was made on this device brought the names along.
async function name(page, order) {
  const made = { id: order.id, status: order.status, quantity: order.quantity, total: order.total };
  if (!page.known?.event_name) {
    const event = await get(eventPath(order.event_id)).catch(() => null);
    const category = event?.categories.find(({ id }) => id === order.category_id);
    Object.assign(made, {
      event_id: order.event_id,
      event_name: event?.name ?? order.event_id,
      venue: event?.venue ?? '',
      starts_at: event?.starts_at,
      category_name: category?.name ?? order.category_id,
      at: Date.parse(order.created_at),
    });
  }
  page.known = { ...page.known, ...made };
  remember(page.known);
  page.draw();
}

function view(page) {
  const { order, error, known } = page;
  if (!order && error) return failure(error);
  if (!order) return waiting();
  return html`
    <article class="order order-${order.status}">
      <header class="order-head">
        <p class="eyebrow">${known?.event_name ?? t('order.title')}</p>
        <h1 tabindex="-1">${t(`order.${order.status}`)}</h1>
        <p role="status" class="order-text">${text(page)}</p>
      </header>
      ${isRefused(order) ? refused(page) : progress(order)} ${error ? stale(error) : nothing}
      ${order.status === 'confirmed' ? tickets(page) : nothing} ${facts(page)}
    </article>
  `;
}

const isRefused = ({ status }) => ['rejected', 'payment_failed', 'expired'].includes(status);

function text({ order, isLong }) {
  const isWaiting = order.status === 'queued' || order.status === 'reserved';
  return isWaiting && isLong ? t(`order.${order.status}.long`) : t(`order.${order.status}.text`, { count: order.quantity ?? 1 });
}

function failure(error) {
  const isGone = error.name === 'not-found';
  const { title, advice } = isGone ? { title: t('order.gone'), advice: t('order.gone.advice') } : wordsOf(error);
  const more = isGone ? html`<p><a class="button" href="#/">${t('events.all')}</a></p>` : html`<p>${t('again.by-itself')}</p>`;
  return html`<h1 class="visually-hidden" tabindex="-1">${title}</h1>
    <div role="alert">${notice('bad', title, advice, more)}</div>`;
}

const stale = (error) => html`<div role="status">${notice('plain', wordsOf(error).title, t('order.stale'))}</div>`;

function progress({ status }) {
  const at = steps.indexOf(status);
  return html`<ol class="steps">
    ${steps.map(
      (step, i) => html`<li class="${i < at || status === 'confirmed' ? 'is-done' : i === at ? 'is-now' : ''}" aria-current="${i === at ? 'step' : nothing}">
        <span class="step-mark" aria-hidden="true"></span>${t(`step.${step}`)}
      </li>`,
    )}
  </ol>`;
}

function refused({ order, known }) {
  const name = has(`reason.${order.reason}`) ? order.reason : 'other';
  const event = order.event_id ?? known?.event_id;
  return notice(
    'bad',
    t(`reason.${name}`),
    t(`reason.${name}.advice`),
    html`<p class="row">
      ${event ? html`<a class="button" href="#/events/${event}">${t('order.back')}</a>` : nothing}
      <a class="button button-quiet" href="#/">${t('events.all')}</a>
    </p>`,
  );
}

const tickets = (page) => html`
  <p class="row no-print">
    <button class="button" @click=${() => print()}>${t('ticket.print')}</button>
  </p>
  <ul class="tickets">
    ${page.order.tickets.map((ticket, i) => stub(page, ticket, i + 1))}
  </ul>
`;

const stub = ({ order, known, qr }, ticket, place) => html`<li class="ticket">
  <div class="ticket-main">
    <p class="ticket-brand" aria-hidden="true">ticketd</p>
    <h2>${known?.event_name ?? order.event_id}</h2>
    ${known?.starts_at ? html`<p><time datetime="${known.starts_at}">${longTime(known.starts_at, locale())}</time></p>` : nothing}
    <p>${known?.venue}</p>
    <dl>
      <div><dt>${t('ticket.category')}</dt><dd>${known?.category_name ?? order.category_id}</dd></div>
      <div><dt>${t('ticket.place')}</dt><dd>${t('ticket.of', { n: number(place, locale()), of: number(order.quantity, locale()) })}</dd></div>
      <div><dt>${t('ticket.number')}</dt><dd>${ticket.id}</dd></div>
    </dl>
  </div>
  <div class="ticket-stub">
    ${qr ? qr(ticket.code, t('ticket.qr', { code: ticket.code })) : nothing}
    <p class="ticket-code">${ticket.code}</p>
  </div>
</li>`;

function facts({ order, known }) {
  const total = order.total ?? known?.total;
  const rows = [
    [t('fact.category'), known?.category_name],
    [t('fact.quantity'), known?.quantity && number(known.quantity, locale())],
    [t('fact.total'), total && money(total, locale())],
    [t('fact.invoice'), order.invoice?.number],
    [t('fact.made'), order.created_at && longTime(order.created_at, locale())],
    [t('fact.id'), order.id],
  ];
  return html`<section class="facts no-print">
    <h2>${t('order.facts')}</h2>
    <dl>
      ${rows.filter(([, value]) => value).map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
    </dl>
    <p class="hint">${t('order.keep')}</p>
  </section>`;
}
