// Words, in the language that was chosen on this device, or else the first of the browser's that there is.

import en from './words/en.js';
import tr from './words/tr.js';
import { read, write } from './storage.js';

const languages = { en, tr };
const plain = { en: 'en-GB', tr: 'tr-TR' };
const name = 'ticketd.language';

const languageOf = (tag) => tag.toLowerCase().split('-')[0];

export function choose(chosen, wanted) {
  return [chosen, ...wanted.map(languageOf)].find((language) => language in languages) ?? 'en';
}

let language = choose(read(name, ''), navigator.languages ?? []);

export const current = () => language;

// As the browser's owner has it (en-US, en-AU), where that is of the language.
export const locale = () => (navigator.languages ?? []).find((tag) => languageOf(tag) === language) ?? plain[language];

export function change(to) {
  language = to;
  write(name, to);
  document.documentElement.lang = to;
}

// What stands under that name, with {members} filled in; of several forms the one of `count`. Nothing has no words but in
// a test, which compares the two languages.
export function t(key, members = {}) {
  let text = languages[language][key];
  if (typeof text === 'object') text = text[new Intl.PluralRules(language).select(members.count)] ?? text.other;
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, member) => members[member] ?? whole);
}

// More words, of a page that few look at.
export const add = (to, words) => Object.assign(languages[to], words);

export const has = (key) => key in languages[language];
