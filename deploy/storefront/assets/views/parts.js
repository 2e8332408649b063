// What several pages show.

import { html, nothing } from '../vendor/lit-html.js';
import { now } from '../clock.js';
import { number, parts, twoDigits } from '../format.js';
import { has, locale, t } from '../words.js';

// What can be bought now, by the server's clock: its answer may be some seconds old when the sale opens.
export function saleStatus(event, answered = event.sale_status) {
  if (answered !== 'scheduled') return answered;
  return now() >= Date.parse(event.sale_opens_at) ? 'on_sale' : 'scheduled';
}

export const chip = (status) => html`<span class="chip chip-${status}">${t(`sale.${status}`)}</span>`;

export function countdown(until) {
  const left = parts(Date.parse(until) - now());
  const units = Object.entries(left).filter(([unit, value]) => unit !== 'days' || value > 0);
  return html`<div class="countdown" role="timer" aria-label="${t('event.countdown')}">
    ${units.map(
      ([unit, value]) =>
        html`<span class="countdown-part"><b>${twoDigits(value, locale())}</b><span>${t(`unit.${unit}`, { count: value })}</span></span>`,
    )}
  </div>`;
}

// The same in a line: "2 days 03:12:45".
export function timeLeft(until) {
  const { days, hours, minutes, seconds } = parts(Date.parse(until) - now());
  const clock = [hours, minutes, seconds].map((value) => twoDigits(value, locale())).join(':');
  return days ? `${number(days, locale())} ${t('unit.days', { count: days })} ${clock}` : clock;
}

// What went wrong, and what to do: the words of its problem, or those of any.
export function wordsOf(error, members = {}) {
  const name = has(`problem.${error.name}`) ? error.name : 'internal-error';
  return { title: t(`problem.${name}`, members), advice: t(`problem.${name}.advice`, members) };
}

export const notice = (kind, title, text, more = nothing) =>
  html`<div class="notice notice-${kind}">
    <p class="notice-title">${title}</p>
    <p>${text}</p>
    ${more}
  </div>`;

export const waiting = () =>
  html`<div class="skeleton" role="status"><span class="visually-hidden">${t('loading')}</span></div>`;

// Draws again as each second of the server's begins. Returns what ends it.
export function everySecond(draw) {
  let timer;
  const tick = () => {
    draw();
    timer = setTimeout(tick, 1000 - (now() % 1000) + 5);
  };
  timer = setTimeout(tick, 1000 - (now() % 1000) + 5);
  return () => clearTimeout(timer);
}
