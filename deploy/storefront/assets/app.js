// The storefront: which page the address names, in which language, and the frame around it.
//
// The address's fragment says the page. It never leaves the browser: an order's id opens the order, so no log of any server
// has it, and none of a proxy's.

import { html, nothing, render } from './vendor/lit-html.js';
import { all, whenOrdersChanged } from './orders.js';
import { change, current, t } from './words.js';
import * as event from './views/event.js';
import * as events from './views/events.js';
import * as order from './views/order.js';
import * as orders from './views/orders.js';

const routes = [
  [/^#\/events\/([^/]+)$/, event],
  [/^#\/orders\/([^/]+)$/, order],
  [/^#\/orders$/, orders],
];

let page = null;
let painting = null;
let isToBeSaid = false; // the heading of a page that has come, and has none yet

// Once for everything that changed in the same moment. Returns a promise of its being there.
function draw() {
  painting ??= Promise.resolve().then(() => {
    painting = null;
    if (page) paint();
  });
  return painting;
}

function paint() {
  document.title = `${page.title()} · ticketd`;
  render(frame(), document.body);
  if (isToBeSaid) sayHeading();
}

// As a new page would be: a screen reader says its heading, and Tab begins there. Not where somebody has gone on meanwhile.
function sayHeading() {
  const heading = document.querySelector('h1');
  const main = document.getElementById('main');
  if (heading && (document.activeElement === document.body || document.activeElement === main)) heading.focus({ preventScroll: true });
  isToBeSaid = !heading;
}

const go = (fragment) => {
  location.hash = fragment;
};

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function navigate(isFirst) {
  page?.close();
  const [found, { open }] = routes.map(([pattern, view]) => [pattern.exec(location.hash), view]).find(([match]) => match) ?? [[], events];
  page = open(draw, decoded(found[1] ?? ''), go);
  if (!isFirst) {
    scrollTo(0, 0);
    document.getElementById('main').focus({ preventScroll: true });
    isToBeSaid = true;
  }
  paint();
}

function frame() {
  const count = all().length;
  return html`
    <a class="skip" href="#main" @click=${skip}>${t('skip')}</a>
    <header class="bar no-print">
      <a class="brand" href="#/" aria-label="${t('brand')}">
        <svg viewBox="0 0 40 28" aria-hidden="true"><path d="M3 1h34a2 2 0 0 1 2 2v6a5 5 0 0 0 0 10v6a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2v-6a5 5 0 0 0 0-10V3a2 2 0 0 1 2-2Z" fill="currentColor"/><path d="M11 17v-6m5 9V8m5 6v0m5 4v-8m5 6v-4" stroke="var(--paper)" stroke-width="3" stroke-linecap="round" fill="none"/></svg>
        <span>ticketd</span>
      </a>
      <nav aria-label="${t('nav')}">
        <a href="#/orders" aria-current="${location.hash === '#/orders' ? 'page' : nothing}">${t('orders.title')}${count ? html` <span class="count">${count}</span>` : nothing}</a>
        <button class="language" lang="${other()}" aria-label="${nameOf[other()]}" @click=${switchLanguage}>
          <span class="wide">${nameOf[other()]}</span><span class="narrow" aria-hidden="true">${other().toUpperCase()}</span>
        </button>
      </nav>
    </header>
    ${navigator.onLine ? nothing : html`<p class="offline no-print" role="status">${t('offline')}</p>`}
    <main id="main" tabindex="-1">${page.view()}</main>
    <footer class="foot no-print"><p>${t('footer')}</p></footer>
  `;
}

const nameOf = { en: 'English', tr: 'Türkçe' };
const other = () => (current() === 'tr' ? 'en' : 'tr');

function switchLanguage() {
  change(other());
  paint();
}

// Not as an address: that has the page.
function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

document.documentElement.lang = current();
document.body.replaceChildren();
addEventListener('hashchange', () => navigate(false));
addEventListener('online', draw);
addEventListener('offline', draw);
whenOrdersChanged(draw);
navigate(true);
