// An event as the form has it, and as `PUT /api/v1/events/{id}` takes it. Pure.

import { digitsOf } from '../format.js';

// "2.500,50", "2500.50" or "2500" -> 250050; NaN for what is no such price. Of two kinds of separator the last is the
// decimal one; a single one is, if fewer digits follow than a group has, or the currency has as many.
export function minorOf(text, currency) {
  const digits = digitsOf(currency);
  const typed = text.replace(/[\s'’]/g, '');
  const match = /^(\d+(?:[.,]\d{3})*)(?:[.,](\d+))?$/.exec(typed);
  if (!match) return NaN;
  const [, whole, part = ''] = match;
  if (part.length > digits) return NaN;
  const group = /[.,]/.exec(whole)?.[0];
  if (group && part && typed.at(-part.length - 1) === group) return NaN;
  return Number(whole.replace(/[.,]/g, '') + part.padEnd(digits, '0'));
}

export function majorOf(amount, currency) {
  const digits = digitsOf(currency);
  const text = String(amount).padStart(digits + 1, '0');
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
}

// Of a field for date and time, which speaks of this machine's time zone. Whole minutes: a second is not shown there, and
// stays as it is while the field does.
const two = (value) => String(value).padStart(2, '0');
export function localOf(time) {
  const at = new Date(time);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
export const timeOf = (local, before) => (before && localOf(before) === local ? before : new Date(local).toISOString());

export const empty = () => ({
  id: '',
  name: '',
  venue: '',
  starts_at: '',
  sale_opens_at: '',
  sale_closes_at: '',
  max_per_buyer: '4',
  categories: [emptyCategory()],
});
export const emptyCategory = () => ({ id: '', name: '', price: '', currency: 'TRY', capacity: '' });

export const formOf = (event) => ({
  ...event,
  starts_at: localOf(event.starts_at),
  sale_opens_at: localOf(event.sale_opens_at),
  sale_closes_at: localOf(event.sale_closes_at),
  max_per_buyer: String(event.max_per_buyer),
  categories: event.categories.map(({ id, name, price, capacity }) => ({
    id,
    name,
    price: majorOf(price.amount, price.currency),
    currency: price.currency,
    capacity: String(capacity),
  })),
});

// `before` is the event that the form was filled from, if there was one.
export const definitionOf = (form, before = {}) => ({
  name: form.name.trim(),
  venue: form.venue.trim(),
  starts_at: timeOf(form.starts_at, before.starts_at),
  sale_opens_at: timeOf(form.sale_opens_at, before.sale_opens_at),
  sale_closes_at: timeOf(form.sale_closes_at, before.sale_closes_at),
  max_per_buyer: Number(form.max_per_buyer),
  categories: form.categories.map(({ id, name, price, currency, capacity }) => ({
    id: id.trim(),
    name: name.trim(),
    price: { amount: minorOf(price, currency), currency: currency.trim().toUpperCase() },
    capacity: Number(capacity),
  })),
});

// What is in the way of sending it, by the names of its fields: `name`, `categories/0/price`.
export function flawsOf(form, isNew) {
  const flaws = {};
  const want = (name, isThere) => {
    if (!isThere) flaws[name] = true;
  };
  const isSlug = (text) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text.trim());
  const isCount = (text) => /^\d{1,9}$/.test(text.trim());
  if (isNew) want('id', isSlug(form.id));
  for (const name of ['name', 'venue']) want(name, form[name].trim());
  for (const name of ['starts_at', 'sale_opens_at', 'sale_closes_at']) want(name, !Number.isNaN(Date.parse(form[name])));
  want('max_per_buyer', isCount(form.max_per_buyer));
  form.categories.forEach((category, i) => {
    want(`categories/${i}/id`, isSlug(category.id));
    want(`categories/${i}/name`, category.name.trim());
    want(`categories/${i}/currency`, /^[A-Za-z]{3}$/.test(category.currency.trim()));
    want(`categories/${i}/price`, !Number.isNaN(minorOf(category.price, category.currency.trim().toUpperCase())));
    want(`categories/${i}/capacity`, isCount(category.capacity));
  });
  return flaws;
}

// Where two versions of an event differ: {name, mine, theirs} of each member, those of categories as `standing/price`.
export function differences(mine, theirs) {
  const flat = ({ categories, ...members }) => {
    const all = {};
    for (const name of ['name', 'venue', 'starts_at', 'sale_opens_at', 'sale_closes_at', 'max_per_buyer']) all[name] = members[name];
    for (const { id, name, price, capacity } of categories)
      Object.assign(all, { [`${id}/name`]: name, [`${id}/price`]: price, [`${id}/capacity`]: capacity });
    return all;
  };
  const same = (name, a, b) => (name.endsWith('_at') ? Date.parse(a) === Date.parse(b) : JSON.stringify(a) === JSON.stringify(b));
  const [a, b] = [flat(mine), flat(theirs)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => !same(name, a[name], b[name]))
    .map((name) => ({ name, mine: a[name], theirs: b[name] }));
}
