// All events.

import { html, nothing } from '../vendor/lit-html.js';
import { eventPages } from '../api.js';
import { day, longTime, month, year } from '../format.js';
import { backoff, pause } from '../pause.js';
import { poster } from '../poster.js';
import { locale, t } from '../words.js';
import { chip, everySecond, notice, saleStatus, timeLeft, waiting, wordsOf } from './parts.js';

const shownAtFirst = 24;
const order = { on_sale: 0, scheduled: 1, sold_out: 2, closed: 3 };

// What can be bought first, then what soon can.
export function sorted(events) {
  const rank = (event) => order[saleStatus(event)];
  const start = (event) => (rank(event) === 1 ? event.sale_opens_at : event.starts_at);
  return [...events].sort((a, b) => rank(a) - rank(b) || start(a).localeCompare(start(b)));
}

export function open(draw) {
  const end = new AbortController();
  const state = { events: null, error: null, isAll: false };
  load(state, draw, end.signal);
  const stop = everySecond(() => state.events?.some((event) => event.sale_status === 'scheduled') && draw());
  return {
    title: () => t('events.title'),
    view: () => view(state, draw),
    close: () => {
      end.abort();
      stop();
    },
  };
}

async function load(state, draw, signal) {
  const nextMs = backoff(1000, 15_000);
  while (!signal.aborted) {
    try {
      const events = [];
      for await (const page of eventPages(signal)) events.push(...page);
      Object.assign(state, { events, error: null });
      return draw();
    } catch (error) {
      if (signal.aborted) return;
      state.error = error;
      draw();
      await pause(nextMs(), signal);
    }
  }
}

function view(state, draw) {
  return html`
    <section class="hero">
      <h1 tabindex="-1">${t('events.heading')}</h1>
      <p>${t('events.lead')}</p>
    </section>
    ${state.error ? failure(state.error) : nothing}
    ${state.events ? list(state, draw) : state.error ? nothing : waiting()}
  `;
}

function failure(error) {
  const { title, advice } = wordsOf(error);
  return html`<div role="alert">${notice('bad', title, `${advice} ${t('again.by-itself')}`)}</div>`;
}

function list(state, draw) {
  if (!state.events.length) return html`<p class="empty">${t('events.none')}</p>`;
  const events = sorted(state.events);
  const shown = state.isAll ? events : events.slice(0, shownAtFirst);
  const more = () => {
    state.isAll = true;
    draw();
  };
  return html`
    <ul class="cards">
      ${shown.map(card)}
    </ul>
    ${shown.length < events.length
      ? html`<p class="more"><button class="button button-quiet" @click=${more}>${t('events.more', { count: events.length - shown.length })}</button></p>`
      : nothing}
  `;
}

function card(event) {
  const status = saleStatus(event);
  return html`<li class="card">
    <div class="card-picture">
      ${poster(event)}
      <p class="card-day" aria-hidden="true">
        <span>${month(event.starts_at, locale())}</span><b>${day(event.starts_at, locale())}</b><span>${year(event.starts_at, locale())}</span>
      </p>
    </div>
    <div class="card-text">
      <h2><a href="#/events/${event.id}">${event.name}</a></h2>
      <p class="soft">${event.venue}</p>
      <p class="soft"><time datetime="${event.starts_at}">${longTime(event.starts_at, locale())}</time></p>
      <p class="card-state">${chip(status)} ${status === 'scheduled' ? html`<span class="card-left">${timeLeft(event.sale_opens_at)}</span>` : nothing}</p>
    </div>
  </li>`;
}
