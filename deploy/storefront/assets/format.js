// Money, times and numbers as people write them. Pure: the locale comes with each call.

// Digits of a currency's minor unit (ISO 4217, as src/domain/currency.cpp has them), where they are not two. Browsers know
// others for some, whose smallest coins are out of use.
const digits = {};
for (const code of 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ')) digits[code] = 0;
for (const code of 'BHD IQD JOD KWD LYD OMR TND'.split(' ')) digits[code] = 3;
for (const code of 'CLF UYW'.split(' ')) digits[code] = 4;

export const digitsOf = (currency) => digits[currency] ?? 2;

export function money({ amount, currency }, locale) {
  const minorDigits = digitsOf(currency);
  const isWhole = amount % 10 ** minorDigits === 0;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: currency === 'TRY' ? 'narrowSymbol' : 'symbol', // ₺ is nobody else's; $ is many countries'
    minimumFractionDigits: isWhole ? 0 : minorDigits,
    maximumFractionDigits: minorDigits,
  }).format(amount / 10 ** minorDigits);
}

export const times = ({ amount, currency }, count) => ({ amount: amount * count, currency });

export const isSameMoney = (a, b) => a.amount === b.amount && a.currency === b.currency;

export const number = (value, locale) => new Intl.NumberFormat(locale).format(value);

const format = (options) => (text, locale) => new Intl.DateTimeFormat(locale, options).format(new Date(text));
export const longTime = format({
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});
export const shortTime = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const day = format({ day: 'numeric' });
export const month = format({ month: 'short' });
export const year = format({ year: 'numeric' });

// What is left until then, in whole units: the last second is counted to its end.
export function parts(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return {
    days: Math.floor(seconds / 86_400),
    hours: Math.floor(seconds / 3600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
  };
}

export const twoDigits = (value, locale) =>
  new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, useGrouping: false }).format(value);
