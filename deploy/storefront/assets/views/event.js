// One event: what is left, live, a countdown to its sale, and the form that buys.

import { html, nothing } from '../vendor/lit-html.js';
import { get, eventPath } from '../api.js';
import { cards } from '../cards.js';
import { now } from '../clock.js';
import { isSameMoney, longTime, money, number, times } from '../format.js';
import { availability, watch } from '../live.js';
import { all as allOrders } from '../orders.js';
import { backoff, pause } from '../pause.js';
import { poster } from '../poster.js';
import { begin, forget, justBought, pending, send, whenPendingChanged } from '../purchase.js';
import { locale, t } from '../words.js';
import { chip, countdown, everySecond, notice, saleStatus, waiting, wordsOf } from './parts.js';

const quantityMax = 99; // a field of two digits

export function open(draw, id, go) {
  const end = new AbortController();
  const page = {
    id,
    go,
    draw,
    signal: end.signal,
    event: null, // its answer, with the categories and their prices
    left: null, // availability's
    error: null, // the event cannot be read
    refused: null, // {title, advice} of the last purchase
    wait: null, // why it is sent again
    again: null, // an order just like it, that was made a moment ago
    cards: [],
    form: { category: '', quantity: 1, name: '', email: '', card: '' },
    flaws: {},
    prices: {}, // of each category, as this buyer has been shown them
    isSending: false,
  };
  load(page);
  const ends = [
    everySecond(() => isCounting(page) && draw()),
    watch(availability(id), (left) => take(page, left)),
    whenPendingChanged(() => resume(page)),
    () => end.abort(),
  ];
  return {
    title: () => page.event?.name ?? t('events.title'),
    view: () => view(page),
    close: () => ends.forEach((each) => each()),
  };
}

// ---- what is known of the event

async function load(page) {
  const nextMs = backoff(1000, 10_000);
  while (!page.signal.aborted && !page.event) {
    try {
      await read(page);
      page.cards = await cards();
      page.form.card = page.cards[0] ?? '';
      resume(page);
    } catch (error) {
      page.error = error;
    }
    if (page.signal.aborted) return;
    page.draw();
    if (page.error?.name === 'not-found') return;
    if (!page.event) await pause(nextMs(), page.signal);
  }
}

async function read(page) {
  page.event = await get(eventPath(page.id), page.signal);
  page.error = null;
  for (const { id, price } of page.event.categories) page.prices[id] = price;
}

// A price that changes while the form is open is said, not slipped in: what counts is what the buyer was shown.
function take(page, left) {
  const before = page.left?.sale_status;
  page.left = left;
  const changed = left.categories.some(({ id, price }) => page.prices[id] && !isSameMoney(page.prices[id], price));
  if (page.event && (changed || (before && before !== left.sale_status))) return retell(page, changed);
  page.draw();
}

async function retell(page, isRepriced) {
  const old = { ...page.prices };
  await read(page).catch(() => {});
  const chosen = page.form.category;
  if (isRepriced && old[chosen] && !isSameMoney(old[chosen], page.prices[chosen] ?? old[chosen])) sayPrice(page, old[chosen]);
  page.draw();
}

function sayPrice(page, old) {
  const members = { old: money(old, locale()), new: money(page.prices[page.form.category], locale()) };
  page.refused = wordsOf({ name: 'price-changed' }, members);
}

const status = (page) => saleStatus(page.event, page.left?.sale_status ?? page.event.sale_status);
const isCounting = (page) => page.event && Date.parse(page.event.sale_opens_at) > now() - 2000;

const leftOf = (page, category) => page.left?.categories.find(({ id }) => id === category)?.remaining;

// ---- buying

function resume(page) {
  const purchase = pending(page.id);
  if (purchase && !page.isSending) buy(page, purchase);
}

async function buy(page, purchase) {
  const giveUp = new AbortController();
  page.signal.addEventListener('abort', () => giveUp.abort());
  Object.assign(page, { isSending: true, refused: null, again: null, wait: null, giveUp });
  page.draw();
  const wait = (why) => {
    page.wait = why;
    page.draw();
  };
  try {
    const order = (await send(purchase, wait, giveUp.signal)) ?? allOrders().find(({ key }) => key === purchase.key)?.id;
    if (order && !page.signal.aborted) return page.go(`#/orders/${order}`);
  } catch (error) {
    if (error.name !== 'AbortError') await refuse(page, purchase, error);
  }
  Object.assign(page, { isSending: false, wait: null });
  if (page.signal.aborted) return;
  await page.draw();
  if (page.refused) document.getElementById('refusal')?.focus();
}

async function refuse(page, purchase, error) {
  if (error.problem.order_id) return page.go(`#/orders/${error.problem.order_id}`); // a purchase that was settled at once
  page.refused = wordsOf(error);
  if (error.name === 'validation-failed')
    for (const { pointer } of error.problem.errors ?? []) page.flaws[pointer.split('/').at(-1)] = true;
  if (error.name === 'price-changed') {
    await read(page).catch(() => {});
    page.form.category = purchase.body.category_id;
    sayPrice(page, purchase.body.price);
  }
}

async function submit(page, isMeant = false) {
  const { form, event } = page;
  page.flaws = flawsOf(page);
  const first = Object.keys(page.flaws)[0];
  if (first) {
    page.draw();
    return document.getElementById(`field-${first}`)?.focus();
  }
  const category = event.categories.find(({ id }) => id === form.category);
  const body = {
    event_id: event.id,
    category_id: category.id,
    quantity: form.quantity,
    buyer: { name: form.name.trim(), email: form.email.trim() },
    price: page.prices[category.id],
    ...(form.card ? { payment_method: form.card } : {}),
  };
  page.again = isMeant || pending(event.id) ? null : justBought(body, allOrders());
  if (page.again) {
    await page.draw();
    return document.getElementById('again')?.focus();
  }
  const shown = {
    event_id: event.id,
    event_name: event.name,
    venue: event.venue,
    starts_at: event.starts_at,
    category_id: category.id,
    category_name: category.name,
    quantity: form.quantity,
    total: times(page.prices[category.id], form.quantity),
  };
  if (!page.isSending) buy(page, begin(body, shown));
}

export function flawsOf({ form, event }) {
  const flaws = {};
  if (!event.categories.some(({ id }) => id === form.category)) flaws.category = true;
  if (!form.name.trim()) flaws.name = true;
  if (!/^[^\s@]+@[^\s@]+$/.test(form.email.trim())) flaws.email = true;
  return flaws;
}

// ---- what is shown

function view(page) {
  if (page.error && !page.event) return failure(page);
  if (!page.event) return waiting();
  return html`
    <article>
      ${head(page)}
      <div class="column">${opening(page)} ${form(page)}</div>
    </article>
  `;
}

function failure({ error }) {
  const isGone = error.name === 'not-found';
  const { title, advice } = isGone ? { title: t('event.gone'), advice: t('event.gone.advice') } : wordsOf(error);
  const more = isGone ? html`<p><a class="button" href="#/">${t('events.all')}</a></p>` : html`<p>${t('again.by-itself')}</p>`;
  return html`<h1 class="visually-hidden" tabindex="-1">${title}</h1>
    <div role="alert">${notice('bad', title, advice, more)}</div>`;
}

const head = (page) => html`
  <header class="banner">
    ${poster(page.event)}
    <div class="banner-text">
      ${chip(status(page))}
      <h1 tabindex="-1">${page.event.name}</h1>
      <p><time datetime="${page.event.starts_at}">${longTime(page.event.starts_at, locale())}</time></p>
      <p>${page.event.venue}</p>
    </div>
  </header>
`;

function opening(page) {
  const { event } = page;
  switch (status(page)) {
    case 'scheduled':
      return html`<section class="opening" aria-labelledby="opening">
        <h2 id="opening">${t('event.opens')}</h2>
        ${countdown(event.sale_opens_at)}
        <p class="soft">${longTime(event.sale_opens_at, locale())} · ${t('event.opens.hint')}</p>
      </section>`;
    case 'sold_out':
      return html`<div role="status">${notice('plain', t('event.sold-out'), t('event.sold-out.advice'))}</div>`;
    case 'closed':
      return html`<div role="status">${notice('plain', t('event.closed'), t('event.closed.advice'))}</div>`;
    default:
      return html`<p role="status" class="visually-hidden">${t('event.is-open')}</p>`;
  }
}

function form(page) {
  const isOpen = status(page) === 'on_sale';
  const onSubmit = (submitted) => {
    submitted.preventDefault();
    submit(page);
  };
  return html`
    <form class="purchase" novalidate @submit=${onSubmit} aria-busy="${page.isSending}">
      <fieldset class="categories" ?disabled=${page.isSending} id="field-category" tabindex="-1">
        <legend>${t('form.category')}</legend>
        ${page.event.categories.map((category) => choice(page, category, isOpen))}
        ${flaw(page, 'category')}
      </fieldset>
      ${isOpen || page.isSending ? details(page) : nothing}
    </form>
  `;
}

function choice(page, category, isOpen) {
  const left = leftOf(page, category.id);
  const isGone = left === 0;
  const choose = () => {
    page.form.category = category.id;
    delete page.flaws.category;
    page.draw();
  };
  const text = html`<span class="choice-name">${category.name}</span>
    <span class="choice-price">${money(page.prices[category.id], locale())}</span>
    <span class="choice-left">${stock(left, category.capacity)}</span>`;
  if (!isOpen && !page.isSending) return html`<div class="choice ${isGone ? 'is-gone' : ''}">${text}</div>`;
  return html`<label class="choice ${isGone ? 'is-gone' : ''}">
    <input type="radio" name="category" .checked=${page.form.category === category.id} value="${category.id}" ?disabled=${isGone} @change=${choose} />
    ${text}
  </label>`;
}

function stock(left, capacity) {
  if (left === undefined) return html`<span class="soft">${t('stock.unknown')}</span>`;
  if (left === 0) return html`<b>${t('stock.none')}</b>`;
  return html`<span>${t('stock.left', { count: left, n: number(left, locale()) })}</span>
    <meter min="0" max="${capacity}" low="${capacity * 0.1}" .value=${left} aria-hidden="true"></meter>`;
}

function details(page) {
  const { form, event } = page;
  const category = event.categories.find(({ id }) => id === form.category);
  const total = category && money(times(page.prices[category.id], form.quantity), locale());
  const label = category ? t('form.buy', { count: form.quantity, n: number(form.quantity, locale()), total }) : t('form.buy.plain');
  return html`
    <fieldset ?disabled=${page.isSending}>
      <legend>${t('form.you')}</legend>
      <div class="fields">${quantity(page)} ${field(page, 'name', 'text', 'name')} ${field(page, 'email', 'email', 'email')}</div>
      <p class="hint">${t('form.email.hint')}</p>
    </fieldset>
    ${page.cards.length ? payment(page) : nothing}
    <div aria-live="assertive">${page.refused ? refusal(page) : nothing}</div>
    ${page.again ? again(page) : nothing} ${page.isSending ? sending(page) : nothing}
    <div class="pay">
      <button class="button button-large" type="submit" ?disabled=${page.isSending}>${page.isSending ? t('form.sending') : label}</button>
      <p class="hint">${t('form.terms')}</p>
    </div>
  `;
}

function quantity(page) {
  const { form, event } = page;
  const most = Math.min(event.max_per_buyer, quantityMax);
  const change = (by) => () => {
    form.quantity = Math.max(1, Math.min(most, form.quantity + by));
    page.draw();
  };
  const plain = number(form.quantity, locale());
  return html`<div class="field field-quantity" role="group" aria-labelledby="quantity-label">
    <span class="label" id="quantity-label">${t('form.quantity')}</span>
    <div class="stepper">
      <button type="button" aria-label="${t('form.fewer')}" ?disabled=${form.quantity <= 1} @click=${change(-1)}>−</button>
      <output aria-live="polite">${plain}</output>
      <button type="button" aria-label="${t('form.more')}" ?disabled=${form.quantity >= most} @click=${change(1)}>+</button>
    </div>
    <span class="hint">${t('form.most', { count: most, n: number(most, locale()) })}</span>
    ${page.flaws.quantity ? flaw(page, 'quantity') : nothing}
  </div>`;
}

function field(page, name, type, autocomplete) {
  const isWrong = Boolean(page.flaws[name]);
  const typed = ({ target }) => {
    page.form[name] = target.value;
    if (!page.flaws[name]) return;
    delete page.flaws[name];
    page.draw();
  };
  return html`<div class="field">
    <label for="field-${name}">${t(`form.${name}`)}</label>
    <input id="field-${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" maxlength="200" required
      autocapitalize="${name === 'name' ? 'words' : 'none'}" spellcheck="false"
      .value=${page.form[name]} @input=${typed} aria-invalid="${isWrong}" aria-describedby="flaw-${name}" />
    ${flaw(page, name)}
  </div>`;
}

const flaw = (page, name) => html`<p class="flaw" id="flaw-${name}">${page.flaws[name] ? t(`flaw.${name}`) : nothing}</p>`;

function payment(page) {
  const choose = ({ target }) => {
    page.form.card = target.value;
    page.draw();
  };
  return html`<fieldset class="cards-choice" ?disabled=${page.isSending}>
    <legend>${t('form.card')}</legend>
    <p class="hint">${t('form.card.hint')}</p>
    <div class="card-row">
      ${page.cards.map(
        (card) => html`<label class="pay-card pay-${card.split('_').at(-1)}">
          <input type="radio" name="card" value="${card}" .checked=${page.form.card === card} @change=${choose} />
          <span>${t(`card.${card}`)}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

const refusal = ({ refused }) =>
  html`<div id="refusal" tabindex="-1">${notice('bad', refused.title, refused.advice, html`<p>${t('nothing-bought')}</p>`)}</div>`;

const again = (page) =>
  html`<div id="again" tabindex="-1">
    ${notice(
      'plain',
      t('again.title'),
      t('again.text'),
      html`<p class="row">
        <a class="button" href="#/orders/${page.again.id}">${t('again.see')}</a>
        <button type="button" class="button button-quiet" @click=${() => submit(page, true)}>${t('again.buy')}</button>
      </p>`,
    )}
  </div>`;

function sending(page) {
  const purchase = pending(page.id);
  const leave = () => {
    if (purchase) forget(purchase);
    page.giveUp.abort();
  };
  if (!page.wait) return html`<p class="visually-hidden" role="status">${t('form.sending')}</p>`;
  const { title } = wordsOf(page.wait.error);
  const more = html`<p><button type="button" class="button button-quiet" @click=${leave}>${t('wait.leave')}</button></p>
    <p class="hint">${t('wait.leave.hint')}</p>`;
  return html`<div role="status">${notice('plain', title, t('wait.text'), more)}</div>`;
}
