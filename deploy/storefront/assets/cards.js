// The cards that a buyer may choose from: the sandbox's, by name, where that is who takes the money. A real provider has a
// page of its own for cards; there is no choice then, and the one of the settings is charged.

import { get } from './api.js';

const ofSandbox = [
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_card_slow',
];

let answer;

export async function cards() {
  answer ??= get('/storefront.json').then(
    ({ provider }) => (provider === 'sandbox' ? ofSandbox : []),
    () => {
      answer = undefined; // asked again next time
      return [];
    },
  );
  return answer;
}
