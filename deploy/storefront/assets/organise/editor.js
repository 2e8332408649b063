// The form of one event, and what the server says to it: saved, refused, or changed by somebody else meanwhile.

import { html, nothing } from '../vendor/lit-html.js';
import { call, eventPath } from '../api.js';
import { now } from '../clock.js';
import { longTime, money } from '../format.js';
import { notice, wordsOf } from '../views/parts.js';
import { locale, t } from '../words.js';
import { definitionOf, differences, empty, emptyCategory, flawsOf, formOf } from './definition.js';

// of(id, draw, authorise, saved): `id` null for a new event. authorise() gives the headers with the token.
export async function editorOf(id, { draw, authorise, refuseToken, saved }) {
  const editor = { id, draw, authorise, refuseToken, saved, form: empty(), event: null, etag: null, flaws: {}, said: null, conflict: null };
  if (id) await read(editor);
  return editor;
}

async function read(editor) {
  const { value, headers } = await call('GET', eventPath(editor.id));
  Object.assign(editor, { event: value, etag: headers.get('ETag'), form: formOf(value), flaws: {}, conflict: null });
}

async function save(editor, changes = {}, etag = editor.etag) {
  editor.flaws = flawsOf(editor.form, !editor.id);
  if (Object.keys(editor.flaws).length) return say(editor, { title: t('o.flaws'), advice: t('o.flaws.advice') });
  const body = { ...definitionOf(editor.form, editor.event ?? {}), ...changes };
  const id = editor.id ?? editor.form.id.trim();
  const condition = editor.id ? { 'If-Match': etag } : { 'If-None-Match': '*' };
  try {
    const { value, headers } = await call('PUT', eventPath(id), { body, headers: { ...editor.authorise(), ...condition } });
    Object.assign(editor, { id, event: value, etag: headers.get('ETag'), form: formOf(value), conflict: null });
    say(editor, { isGood: true, title: t('o.saved'), advice: '' });
    editor.saved(id);
  } catch (error) {
    await refuse(editor, body, error);
  }
}

async function refuse(editor, body, error) {
  if (error.status === 401 || error.status === 403) return editor.refuseToken();
  if (error.status !== 412) {
    for (const { pointer } of error.problem?.errors ?? []) editor.flaws[pointer.replace(/^\//, '').replace(/price\/amount$/, 'price')] = true;
    return say(editor, wordsOf(error));
  }
  if (!editor.id) return say(editor, { title: t('o.exists'), advice: t('o.exists.advice') });
  const { value, headers } = await call('GET', eventPath(editor.id));
  editor.conflict = { mine: body, theirs: value, etag: headers.get('ETag') };
  say(editor, null);
}

function say(editor, said) {
  editor.said = said;
  editor.draw();
  document.getElementById('said')?.focus();
}

// Of the event as it is saved, not as it is typed.
async function move(editor, changes) {
  await read(editor);
  await save(editor, changes);
}
const serverTime = () => new Date(now()).toISOString();

// ---- what is shown

export function view(editor) {
  const submit = (event) => {
    event.preventDefault();
    save(editor);
  };
  return html`<section class="panel">
    <h2>${editor.event?.name ?? t('o.new')}</h2>
    <div id="said" tabindex="-1" aria-live="polite">
      ${editor.said ? notice(editor.said.isGood ? 'plain' : 'bad', editor.said.title, editor.said.advice) : nothing} ${editor.conflict ? conflict(editor) : nothing}
    </div>
    ${editor.event ? sale(editor) : nothing}
    <form novalidate @submit=${submit}>
      <div class="grid">
        ${editor.id ? nothing : field(editor, editor.form, 'id', 'wide')} ${field(editor, editor.form, 'name', 'wide')} ${field(editor, editor.form, 'venue', 'wide')}
        ${['starts_at', 'sale_opens_at', 'sale_closes_at'].map((name) => field(editor, editor.form, name, '', 'datetime-local'))}
        ${field(editor, editor.form, 'max_per_buyer', '', 'text', 'numeric')}
      </div>
      <p class="hint">${t('o.zone')}</p>
      ${editor.form.categories.map((category, i) => categoryOf(editor, category, i))}
      <p class="row">
        <button type="button" class="button button-quiet" @click=${() => addCategory(editor)}>${t('o.add')}</button>
        <button class="button" type="submit">${t('o.save')}</button>
      </p>
    </form>
  </section>`;
}

function sale(editor) {
  const at = now();
  const isOpen = Date.parse(editor.event.sale_opens_at) <= at && Date.parse(editor.event.sale_closes_at) > at;
  const close = () => confirm(t('o.close.sure')) && move(editor, { sale_closes_at: serverTime() });
  const open = () => move(editor, { sale_opens_at: serverTime() });
  if (isOpen) return html`<p class="row"><button class="button button-quiet" @click=${close}>${t('o.close')}</button></p>`;
  if (Date.parse(editor.event.sale_opens_at) > at)
    return html`<p class="row"><button class="button button-quiet" @click=${open}>${t('o.open')}</button></p>`;
  return nothing;
}

function addCategory(editor) {
  editor.form.categories.push(emptyCategory());
  editor.draw();
}

function categoryOf(editor, category, i) {
  const remove = () => {
    editor.form.categories.splice(i, 1);
    editor.draw();
  };
  const place = (name, kind, mode) => field(editor, category, name, '', kind, mode, `categories/${i}/${name}`);
  return html`<fieldset class="category">
    <legend>${t('o.category', { n: i + 1 })}</legend>
    <div class="grid">${place('id')} ${place('name')} ${place('price', 'text', 'decimal')} ${place('currency')} ${place('capacity', 'text', 'numeric')}</div>
    ${editor.form.categories.length > 1
      ? html`<button type="button" class="button button-quiet" @click=${remove}>${t('o.remove')}</button>`
      : nothing}
  </fieldset>`;
}

function field(editor, of, name, kind = '', type = 'text', mode = nothing, path = name) {
  const typed = ({ target }) => {
    of[name] = target.value;
    delete editor.flaws[path];
  };
  return html`<div class="field ${kind}">
    <label for="o-${path}">${t(`o.${name}`)}</label>
    <input id="o-${path}" type="${type}" inputmode="${mode}" autocomplete="off" .value=${of[name]} @input=${typed} aria-invalid="${Boolean(editor.flaws[path])}" />
  </div>`;
}

// Both versions, and a way to either.
function conflict(editor) {
  const { mine, theirs, etag } = editor.conflict;
  const takeTheirs = async () => {
    await read(editor);
    say(editor, null);
  };
  const table = html`<div class="scroll"><table>
    <thead><tr><td></td><th>${t('o.mine')}</th><th>${t('o.theirs')}</th></tr></thead>
    <tbody>
      ${differences(mine, theirs).map((each) => html`<tr><th scope="row">${label(each.name)}</th><td>${valueOf(each.mine)}</td><td>${valueOf(each.theirs)}</td></tr>`)}
    </tbody>
  </table></div>
  <p class="row">
    <button type="button" class="button button-quiet" @click=${takeTheirs}>${t('o.take-theirs')}</button>
    <button type="button" class="button" @click=${() => save(editor, {}, etag)}>${t('o.write-mine')}</button>
  </p>`;
  return notice('bad', t('o.conflict'), t('o.conflict.text'), table);
}

function label(name) {
  const [category, member] = name.split('/');
  return member ? `${category}: ${t(`o.${member}`)}` : t(`o.${name}`);
}

function valueOf(value) {
  if (value === undefined) return t('o.absent');
  if (value?.currency) return money(value, locale());
  return /^\d{4}-\d\d-\d\dT/.test(value) ? longTime(value, locale()) : String(value);
}
