// The organiser's page. The admin token stays in this module's memory: no storage, no address, no form that a browser keeps.

import { html, nothing, render } from '../vendor/lit-html.js';
import { eventPages } from '../api.js';
import { availability, watch } from '../live.js';
import { everySecond, notice, wordsOf } from '../views/parts.js';
import { change, current, t } from '../words.js';
import './words.js';
import { editorOf, view as editorView } from './editor.js';
import { view as liveView } from './live.js';
import { lookup, view as lookupView } from './lookup.js';

let token = '';
let typed = '';
let isRefused = false;
let events = [];
let editor = null;
let left = null;
let failure = null;
let endWatch = () => {};
const order = lookup();

function draw() {
  document.title = `${t('o.title')} · ticketd`;
  render(frame(), document.body);
}

async function list() {
  try {
    const all = [];
    for await (const page of eventPages()) all.push(...page);
    [events, failure] = [all, null];
  } catch (error) {
    failure = error;
  }
  draw();
}

async function edit(id) {
  endWatch();
  left = null;
  const follow = (of) => {
    endWatch();
    endWatch = watch(availability(of), (value) => {
      left = value;
      draw();
    });
  };
  try {
    editor = await editorOf(id, {
      draw,
      authorise: () => ({ Authorization: `Bearer ${token}` }),
      refuseToken: () => {
        [token, isRefused] = ['', true];
        draw();
      },
      saved: (of) => {
        list();
        follow(of);
      },
    });
    if (id) follow(id);
  } catch (error) {
    failure = error;
  }
  draw();
}

function useToken(event) {
  event.preventDefault();
  [token, typed, isRefused] = [typed.trim(), '', false];
  draw();
}

const other = () => (current() === 'tr' ? 'en' : 'tr');

function frame() {
  const switchLanguage = () => {
    change(other());
    draw();
  };
  return html`
    <header class="bar">
      <a class="brand" href="/" aria-label="${t('brand')}"><span>ticketd</span></a>
      <nav aria-label="${t('nav')}">
        ${token ? html`<button class="language" @click=${() => ((token = ''), draw())}>${t('o.token.leave')}</button>` : nothing}
        <button class="language" lang="${other()}" @click=${switchLanguage}>${other() === 'tr' ? 'Türkçe' : 'English'}</button>
      </nav>
    </header>
    <main id="main">
      <h1>${t('o.title')}</h1>
      <p class="soft">${t('o.lead')}</p>
      ${token ? pages() : gate()}
    </main>
  `;
}

const gate = () => html`<form class="panel" autocomplete="off" @submit=${useToken}>
  ${isRefused ? html`<div role="alert">${notice('bad', t('o.token.wrong'), t('o.token.wrong.advice'))}</div>` : nothing}
  <div class="field">
    <label for="token">${t('o.token')}</label>
    <input id="token" type="password" autocomplete="off" required .value=${typed} @input=${({ target }) => (typed = target.value)} aria-describedby="token-hint" />
  </div>
  <p class="hint" id="token-hint">${t('o.token.hint')}</p>
  <p class="row"><button class="button">${t('o.token.use')}</button></p>
</form>`;

const pages = () => html`<div class="organise">
  <div>
    <section class="panel" aria-labelledby="o-events">
      <h2 id="o-events">${t('o.events')}</h2>
      ${failure ? html`<div role="alert">${notice('bad', wordsOf(failure).title, wordsOf(failure).advice)}</div>` : nothing}
      <ul class="event-list" tabindex="0" aria-labelledby="o-events">
        ${events.map(({ id, name }) => html`<li><button aria-current="${editor?.id === id ? 'true' : nothing}" @click=${() => edit(id)}>${name}</button></li>`)}
      </ul>
      <button class="button button-quiet" @click=${() => edit(null)}>${t('o.new')}</button>
    </section>
    ${lookupView(order, draw)}
  </div>
  <div>${liveView(left)} ${editor ? editorView(editor) : nothing}</div>
</div>`;

document.documentElement.lang = current();
document.body.replaceChildren();
draw();
list();
everySecond(draw);
