// The first minute of a sale: everybody looks, some buy, and those who bought ask what became of it.
// Run by scripts/lab spike, which hands over (as k6 -e NAME=value):
//   BASE_URL   the front door            EVENT_ID   what is on sale
//   VUS        buyers at the peak        SECONDS    how long it lasts
// or by scripts/lab evolve, where people keep coming however slow the answers are:
//   ARRIVALS   [[seconds, people a second], ...], one stage after the other
//   STORM      [after seconds, for seconds, people a second who only look], or nothing
// The "accepted <order id>" lines that this prints become a ledger for scripts/lab audit.
import http from 'k6/http';
import exec from 'k6/execution';
import { check, sleep } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';

const base = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const event = __ENV.EVENT_ID || 'tarkan-2027';
const buyers = Number(__ENV.VUS || 100);
const seconds = Number(__ENV.SECONDS || 30);
const arrivals = JSON.parse(__ENV.ARRIVALS || '[]');
const storm = JSON.parse(__ENV.STORM || '[]');

const shareOfBuyers = 0.4; // of those who look
const looksAfterwards = 5; // at an order that is not settled yet

const accepted = new Counter('orders_accepted');
const refused = new Counter('orders_refused');
const confirmed = new Counter('orders_confirmed');
const ticketsAsked = new Counter('tickets_asked_for');
const wrongAnswers = new Rate('wrong_answers');
const readTime = new Trend('read_time', true);
const purchaseTime = new Trend('purchase_time', true);

// "Sold out" is a right answer, and in a sale the most frequent one. So is a declined card, where the purchase waits.
http.setResponseCallback(http.expectedStatuses(200, 201, 202, 402, 409));

// The doors open: a steep ramp, then everybody is there, then the last ones leave.
const ramp = {
  executor: 'ramping-vus',
  startVUs: 0,
  stages: [
    { duration: `${Math.ceil(seconds * 0.2)}s`, target: buyers },
    { duration: `${Math.ceil(seconds * 0.7)}s`, target: buyers },
    { duration: `${Math.ceil(seconds * 0.1)}s`, target: 0 },
  ],
  gracefulRampDown: '15s',
};

// Each stage begins with a jump. Who waits for an answer is a person in here, so a slow server fills it up: beyond
// `maxVUs` nobody more comes in, which k6 counts as dropped_iterations. It also drops those who come while it makes more
// room than was there from the start, so there is enough: 600 people a second, four in ten of whom stay for some five
// seconds.
const stream = {
  executor: 'ramping-arrival-rate',
  preAllocatedVUs: 2000,
  maxVUs: 6000,
  stages: arrivals.flatMap(([duration, target]) => [{ duration: '0s', target }, { duration: `${duration}s`, target }]),
  gracefulStop: '15s',
};

const lookers = {
  executor: 'constant-arrival-rate',
  exec: 'look',
  preAllocatedVUs: 1000,
  maxVUs: 2000,
  startTime: `${storm[0]}s`,
  duration: `${storm[1]}s`,
  rate: storm[2],
  gracefulStop: '15s',
};

export const options = {
  scenarios: {
    sale: arrivals.length ? stream : ramp,
    ...(storm.length ? { storm: lookers } : {}),
  },
  thresholds: {
    checks: ['rate>0.99'],
    wrong_answers: ['rate<0.01'],
    read_time: ['p(95)<500'],
    purchase_time: ['p(95)<2000'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export function setup() {
  const response = http.get(`${base}/api/v1/events/${event}`);
  if (response.status !== 200) exec.test.abort(`${event} is not there: ${response.status} ${response.body}`);
  const { categories, max_per_buyer } = response.json();
  // Makes the buyers of two runs different people: each may have max_per_buyer tickets.
  return { categories: categories.map((category) => category.id), maxPerBuyer: max_per_buyer, run: Date.now().toString(36) };
}

export default function (sale) {
  look();
  sleep(0.2 + Math.random() * 0.8);
  if (Math.random() >= shareOfBuyers) return;
  const queued = buy(sale);
  if (queued) follow(queued);
}

export function look() {
  const response = http.get(`${base}/api/v1/events/${event}/availability`, { tags: { name: 'availability' } });
  readTime.add(response.timings.duration);
  expect(response, 'availability is answered', [200]);
}

// The order's id if it is in the queue now, so that one may ask what becomes of it.
export function buy(sale) {
  const who = `${sale.run}-${exec.vu.idInTest}-${exec.vu.iterationInInstance}`;
  const order = {
    event_id: event,
    category_id: sale.categories[Math.floor(Math.random() * sale.categories.length)],
    quantity: 1 + Math.floor(Math.random() * Math.min(4, sale.maxPerBuyer)),
    buyer: { name: `Buyer ${who}`, email: `${who}@example.com` },
  };
  const response = http.post(`${base}/api/v1/orders`, JSON.stringify(order), {
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': who },
    tags: { name: 'purchase' },
  });
  purchaseTime.add(response.timings.duration);
  if (!expect(response, 'a purchase is accepted or refused', [201, 202, 402, 409])) return null;
  if (response.status === 402 || response.status === 409) {
    refused.add(1);
    return null;
  }
  const id = response.json('id');
  accepted.add(1);
  ticketsAsked.add(order.quantity);
  console.log(`accepted ${id}`);
  if (response.status === 202) return id;
  confirmed.add(1);
  return null;
}

function follow(id) {
  for (let look = 0; look < looksAfterwards; look += 1) {
    sleep(0.5 + Math.random());
    const response = http.get(`${base}/api/v1/orders/${id}`, { tags: { name: 'order' } });
    readTime.add(response.timings.duration);
    if (!expect(response, 'an accepted order is known', [200])) return;
    const status = response.json('status');
    if (status === 'confirmed') confirmed.add(1);
    if (status !== 'queued' && status !== 'reserved') return;
  }
}

function expect(response, what, statuses) {
  const isRight = check(response, { [what]: (r) => statuses.includes(r.status) });
  wrongAnswers.add(!isRight);
  return isRight;
}
