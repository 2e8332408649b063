// A ticket's code as a QR code (ISO/IEC 18004), black on white in every theme, with the quiet zone that scanners want.

import { html, svg } from './vendor/lit-html.js';
import { encode } from './vendor/uqr.js';

export function qr(text, label) {
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
    ${svg`<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/>`}
  </svg>`;
}
