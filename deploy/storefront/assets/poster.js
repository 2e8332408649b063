// An event's poster: drawn from its id, so that an event has the same one everywhere and nobody has to make one.

import { svg } from './vendor/lit-html.js';

// Night sky, ground, light, sound: always dark, as what is written over it is white.
const palettes = [
  ['#2b1055', '#7a1f5c', '#ffb35c', '#ff6f61'],
  ['#06283d', '#0f6270', '#ffd166', '#4fd1c5'],
  ['#3a0d12', '#a1243a', '#ffc857', '#ff8c69'],
  ['#101a3c', '#3d348b', '#f7b801', '#a79bff'],
  ['#0d2818', '#1c6b4a', '#f4e285', '#7ddf9b'],
  ['#2d1b4e', '#9c3d86', '#ffe08a', '#ff9fc6'],
];

// FNV-1a, then numbers one after the other (mulberry32).
export function dice(text) {
  let seed = 2166136261;
  for (const character of text) seed = Math.imul(seed ^ character.codePointAt(0), 16777619);
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const drawn = new Map(); // by event: a page is drawn again each second

export function poster(event) {
  if (!drawn.has(event.id)) drawn.set(event.id, draw(dice(event.id), `poster-${drawn.size}`));
  return drawn.get(event.id);
}

// Its gradients are found by a name, which a document has once.
function draw(random, name) {
  const [sky, ground, light, sound] = palettes[Math.floor(random() * palettes.length)];
  const x = 700 + random() * 320;
  const y = 270 + random() * 60;
  return svg`<svg class="poster" viewBox="0 0 1200 600" preserveAspectRatio="xMaxYMax slice" aria-hidden="true" focusable="false">
    <defs>
      <linearGradient id="${name}-sky" x1="0" y1="0" x2="0.4" y2="1"><stop offset="0" stop-color="${sky}"/><stop offset="1" stop-color="${ground}"/></linearGradient>
      <radialGradient id="${name}-light"><stop offset="0" stop-color="${light}"/><stop offset="0.55" stop-color="${light}" stop-opacity="0.92"/><stop offset="1" stop-color="${sound}" stop-opacity="0.85"/></radialGradient>
    </defs>
    <rect width="1200" height="600" fill="url(#${name}-sky)"/>
    ${beams(x, y, light, random)}
    ${[300, 245, 195].map((radius, i) => svg`<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${sound}" stroke-opacity="${0.16 + i * 0.09}" stroke-width="2.5"/>`)}
    <circle cx="${x}" cy="${y}" r="145" fill="url(#${name}-light)"/>
    ${bars(sound, light, random)}
    ${crowd(sky, random)}
  </svg>`;
}

const beams = (x, y, light, random) =>
  [0, 1, 2, 3].map((i) => {
    const foot = i * 380 - 60 + random() * 120;
    return svg`<polygon points="${x},${y} ${foot},620 ${foot + 150},620" fill="${light}" opacity="0.07"/>`;
  });

// What a sound looks like, across the light.
function bars(sound, light, random) {
  const [slow, quick] = [0.05 + random() * 0.07, 0.2 + random() * 0.35];
  return Array.from({ length: 50 }, (_, i) => {
    const swing = Math.abs(Math.sin(i * slow * 3) * Math.cos(i * quick)) * Math.sin((Math.PI * (i + 0.5)) / 50);
    const height = 10 + 190 * swing;
    return svg`<rect x="${i * 24 + 7}" y="${440 - height / 2}" width="9" height="${height}" rx="4.5" fill="${i % 5 ? sound : light}" opacity="0.75"/>`;
  });
}

// Heads before the stage, some with their arms up.
const crowd = (sky, random) =>
  Array.from({ length: 34 }, (_, i) => {
    const [x, y, size] = [i * 37 - 10 + random() * 18, 568 + random() * 24, 22 + random() * 9];
    const arms = random() < 0.3 ? svg`<path d="M${x - 20} ${y + 22} L${x - 26} ${y - 52} M${x + 20} ${y + 22} L${x + 28} ${y - 48}" stroke="${sky}" stroke-width="12" stroke-linecap="round"/>` : '';
    return svg`<circle cx="${x}" cy="${y}" r="${size}" fill="${sky}"/>${arms}`;
  });
