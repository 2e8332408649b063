// Draws the charts of the report from the JSON beside them. Colours come from the style sheet, so they follow the theme.
'use strict';

const report = JSON.parse(document.getElementById('data').textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const number = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
const colourOfService = { api: 'blue', 'worker-1': 'green', db: 'pink', redis: 'orange', rabbitmq: 'sky', nginx: 'ink',
  payments: 'red' };
const charts = [];

// The drill's fault is shaded from its beginning to its end, the stages divided by thin lines with their names.
const stages = {
  id: 'stages',
  beforeDatasetsDraw(chart) {
    const { marks } = chart.options;
    if (!marks) return;
    const { ctx, chartArea: area, scales: { x } } = chart;
    ctx.save();
    ctx.font = '11px system-ui, sans-serif';
    if (marks.fault_begins !== undefined) {
      const from = x.getPixelForValue(marks.fault_begins);
      const to = x.getPixelForValue(marks.fault_ends ?? x.max);
      ctx.fillStyle = colour('shade');
      ctx.fillRect(from, area.top, to - from, area.bottom - area.top);
    }
    ctx.fillStyle = colour('quiet');
    ctx.strokeStyle = colour('line');
    const hasLull = marks.drill - marks.spike_ends >= 1;
    for (const [name, begins] of [['spike', marks.spike], ['lull', hasLull ? marks.spike_ends : undefined],
      ['drill', marks.drill], ['rush', marks.rush]]) {
      if (begins === undefined) continue;
      const at = Math.round(x.getPixelForValue(begins)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(at, area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
      ctx.fillText(name, at, area.top - 5);
    }
    ctx.restore();
  },
};

function axis(title, extra = {}) {
  return {
    title: { display: true, text: title, color: colour('quiet') },
    ticks: { color: colour('quiet'), maxRotation: 0, ...(extra.ticks || {}) },
    grid: { color: colour('grid'), borderColor: colour('line') },
    ...Object.fromEntries(Object.entries(extra).filter(([name]) => name !== 'ticks')),
  };
}

function timeline(canvas, { series, series: { marks } }, { unit, lines, stacked = false, logarithmic = false, max }) {
  const datasets = lines.map(({ label, t, values, paint, dashed }) => ({
    label,
    data: values.map((y, at) => ({ x: t ? t[at] : at + 0.5, y })),
    borderColor: colour(paint),
    backgroundColor: `${colour(paint)}${stacked ? 'd0' : '00'}`,
    borderDash: dashed ? [5, 4] : [],
    borderWidth: stacked ? 1 : 2,
    fill: stacked && 'stack',
    pointRadius: 0,
    pointHitRadius: 12,
    tension: 0,
    spanGaps: false,
  }));
  return new Chart(canvas, {
    type: 'line',
    plugins: [stages],
    data: { datasets },
    options: {
      marks,
      layout: { padding: { top: 16 } },
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: axis('seconds after the first request', { type: 'linear', min: 0, max: Math.ceil(marks.settled ?? series.requests.errors.length) }),
        y: axis(unit, logarithmic
          ? { type: 'logarithmic', min: 0.1, ticks: { callback: (value) => (/^10*$|^0\.10*$/.test(String(value)) ? number(value) : null) } }
          : { beginAtZero: true, stacked, suggestedMax: max }),
      },
      plugins: {
        legend: { position: 'bottom', labels: { color: colour('ink'), boxWidth: 14, boxHeight: stacked ? 8 : 2, padding: 10 } },
        tooltip: { callbacks: {
          title: (items) => `second ${number(items[0].parsed.x)}`,
          label: (item) => `${item.dataset.label}: ${number(item.parsed.y)} ${unit}`,
        } },
      },
    },
  });
}

// kind -> what it draws of a phase
const kinds = {
  requests: ({ requests: r }) => ({ unit: 'requests/s', lines: [
    { label: 'reads', values: r.reads, paint: 'blue' },
    { label: 'purchases', values: r.purchases, paint: 'orange' },
    { label: 'errors', values: r.errors, paint: 'pink', dashed: true },
  ] }),
  latency: ({ requests: r }) => ({ unit: 'ms', logarithmic: true, lines: [
    { label: 'purchase p95', values: r.purchase_p95, paint: 'orange' },
    { label: 'purchase p50', values: r.purchase_p50, paint: 'orange', dashed: true },
    { label: 'read p95', values: r.read_p95, paint: 'blue' },
    { label: 'read p50', values: r.read_p50, paint: 'blue', dashed: true },
  ] }),
  orders: ({ samples: s }) => ({ unit: 'orders, orders/s', lines: [
    { label: 'in the queue', t: s.t, values: s.queue, paint: 'red' },
    { label: 'awaiting payment', t: s.t, values: s.unpaid, paint: 'pink' },
    { label: 'accepted/s', t: s.t, values: s.accepted, paint: 'blue', dashed: true },
    { label: 'settled/s', t: s.t, values: s.settled, paint: 'green' },
  ] }),
  cache: ({ samples: s }) => ({ unit: 'look-ups/s', stacked: true, lines: [
    { label: 'own copy', t: s.t, values: s.l1, paint: 'sky' },
    { label: 'Redis', t: s.t, values: s.redis, paint: 'orange' },
    { label: 'PostgreSQL', t: s.t, values: s.database, paint: 'pink' },
    { label: 'stale copy', t: s.t, values: s.stale, paint: 'grey' },
  ] }),
  connections: ({ samples: s }, phase) => ({ unit: 'connections', max: phase.pool, lines: [
    { label: `api (of ${phase.pool * phase.replicas})`, t: s.t, values: s.busy_api, paint: 'blue' },
    ...(s.busy_worker.some((busy) => busy !== null)
      ? [{ label: `worker (of ${phase.pool})`, t: s.t, values: s.busy_worker, paint: 'green' }] : []),
  ] }),
  cpu: ({ samples: s }) => ({ unit: 'cores', stacked: true, lines: [...perService(s, 'cpu '),
    { label: 'load generator', t: s.t, values: s['cpu load generator'], paint: 'grey' }] }),
  memory: ({ samples: s }) => ({ unit: 'MB', lines: perService(s, 'memory ') }),
};

// The replicas of an api are one line: their sum.
function perService(samples, prefix) {
  const found = new Map();
  for (const [name, values] of Object.entries(samples)) {
    if (!name.startsWith(prefix) || name.endsWith('load generator')) continue;
    const service = name.slice(prefix.length).replace(/^api-\d+$/, 'api');
    const sum = found.get(service) || values.map(() => null);
    found.set(service, sum.map((value, at) => (values[at] === null ? value : (value || 0) + values[at])));
  }
  return [...found].map(([label, values]) => ({ label, t: samples.t, values, paint: colourOfService[label] || 'sky' }));
}

// The figure beside its bar.
const valueLabels = {
  id: 'valueLabels',
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    ctx.fillStyle = colour('ink');
    ctx.font = '600 12.5px system-ui, sans-serif';
    ctx.textBaseline = 'middle';
    chart.getDatasetMeta(0).data.forEach((bar, at) => {
      const value = chart.data.datasets[0].data[at];
      if (value !== null) ctx.fillText(number(value), bar.x + 6, bar.y);
    });
    ctx.restore();
  },
};

function bars(canvas, { values, logarithmic }) {
  return new Chart(canvas, {
    type: 'bar',
    data: { labels: report.bars.names, datasets: [{ data: values, backgroundColor: colour('blue'), maxBarThickness: 22 }] },
    plugins: [valueLabels],
    options: {
      indexAxis: 'y',
      animation: false,
      maintainAspectRatio: false,
      layout: { padding: { right: 52 } },
      scales: {
        x: { type: logarithmic ? 'logarithmic' : 'linear', display: false, min: logarithmic ? 0.5 : 0 },
        y: { grid: { display: false, drawBorder: false }, ticks: { color: colour('ink'), font: { size: 12.5 } } },
      },
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
    },
  });
}

function draw() {
  for (const chart of charts.splice(0)) chart.destroy();
  for (const canvas of document.querySelectorAll('canvas[data-bars]')) charts.push(bars(canvas, report.bars[canvas.dataset.bars]));
  for (const canvas of document.querySelectorAll('canvas[data-kind]')) {
    const phase = report.phases.find((each) => each.number === Number(canvas.dataset.phase));
    charts.push(timeline(canvas, phase, kinds[canvas.dataset.kind](phase.series, phase)));
  }
}

draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
