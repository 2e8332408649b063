// What is taken of an event, as it is taken. The api says what is left; who has paid, and what was refused, is in the metrics.

import { html, nothing } from '../vendor/lit-html.js';
import { longTime, money, number } from '../format.js';
import { locale, t } from '../words.js';

const worth = ({ price, capacity, remaining }) => ({ amount: price.amount * (capacity - remaining), currency: price.currency });

export function view(left) {
  if (!left) return nothing;
  const all = left.categories;
  const sum = (of) => all.reduce((total, category) => total + of(category), 0);
  const isOneCurrency = new Set(all.map(({ price }) => price.currency)).size === 1;
  const inAll = isOneCurrency ? money({ amount: sum((each) => worth(each).amount), currency: all[0].price.currency }, locale()) : '';
  const taken = ({ capacity, remaining }) => capacity - remaining;
  const n = (value) => number(value, locale());
  return html`<section class="panel">
    <h2>${t('o.live')}</h2>
    <div class="scroll"><table>
      <thead><tr><th>${t('o.categories')}</th><th class="number">${t('o.taken')}</th><th class="number">${t('o.left')}</th><th class="number">${t('o.worth')}</th></tr></thead>
      <tbody>
        ${all.map(
          (each) => html`<tr><td>${each.name}</td><td class="number">${n(taken(each))}</td><td class="number">${n(each.remaining)}</td><td class="number">${money(worth(each), locale())}</td></tr>`,
        )}
      </tbody>
      <tfoot><tr><td>${t('o.all')}</td><td class="number">${n(sum(taken))}</td><td class="number">${n(sum(({ remaining }) => remaining))}</td><td class="number">${inAll}</td></tr></tfoot>
    </table></div>
    <p class="hint">${t('o.as-of', { time: longTime(left.as_of, locale()) })}</p>
  </section>`;
}
