// One order, by its number.

import { html, nothing } from '../vendor/lit-html.js';
import { get, orderPath } from '../api.js';
import { longTime, money } from '../format.js';
import { notice, wordsOf } from '../views/parts.js';
import { has, locale, t } from '../words.js';

export const lookup = () => ({ id: '', order: null, said: null });

async function find(state, draw) {
  Object.assign(state, { order: null, said: null });
  try {
    state.order = await get(orderPath(state.id.trim()));
  } catch (error) {
    state.said = error.name === 'not-found' ? { title: t('o.order.none'), advice: '' } : wordsOf(error);
  }
  draw();
}

export function view(state, draw) {
  const submit = (event) => {
    event.preventDefault();
    if (state.id.trim()) find(state, draw);
  };
  return html`<section class="panel">
    <h2>${t('o.order')}</h2>
    <form @submit=${submit}>
      <div class="field">
        <label for="o-order">${t('o.order.id')}</label>
        <input id="o-order" autocomplete="off" spellcheck="false" .value=${state.id} @input=${({ target }) => (state.id = target.value)} />
      </div>
      <p class="row"><button class="button button-quiet">${t('o.order.find')}</button></p>
    </form>
    <div aria-live="polite">${state.said ? notice('bad', state.said.title, state.said.advice) : nothing} ${state.order ? facts(state.order) : nothing}</div>
  </section>`;
}

function facts(order) {
  const rows = [
    ['status', t(`order.${order.status}`)],
    ['reason', order.reason && (has(`reason.${order.reason}`) ? t(`reason.${order.reason}`) : order.reason)],
    ['total', order.total && money(order.total, locale())],
    ['tickets', order.quantity],
    ['invoice', order.invoice?.number],
    ['made', order.created_at && longTime(order.created_at, locale())],
    ['changed', order.updated_at && longTime(order.updated_at, locale())],
  ];
  return html`<div class="facts"><dl>
    ${rows.filter(([, value]) => value).map(([name, value]) => html`<div><dt>${t(`o.${name}`)}</dt><dd>${value}</dd></div>`)}
  </dl></div>`;
}
