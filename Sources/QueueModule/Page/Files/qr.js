'use strict';
// Draws a text as a QR code (ISO/IEC 18004): byte mode, error correction level L, versions 1 to 15. The link to a place
// has some 300 bytes at most, and version 15 holds 520.

const qr = (() => {
  // By version: check words of a block, and blocks.
  const checkWords = [0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22];
  const blockCounts = [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6];

  // The field of 256 elements.
  const power = [], logarithm = [];
  for (let exponent = 0, value = 1; exponent < 255; exponent++) {
    power[exponent] = value;
    logarithm[value] = exponent;
    value = value < 128 ? value * 2 : value * 2 ^ 0x11d;
  }
  const times = (a, b) => a && b ? power[(logarithm[a] + logarithm[b]) % 255] : 0;

  function generator(degree) {
    let factors = [1];
    for (let root = 0; root < degree; root++) {
      const next = [...factors, 0];
      factors.forEach((factor, index) => { next[index + 1] ^= times(factor, power[root]); });
      factors = next;
    }
    return factors.slice(1);
  }

  function check(data, factors) {
    const rest = factors.map(() => 0);
    for (const byte of data) {
      const lead = byte ^ rest.shift();
      rest.push(0);
      factors.forEach((factor, index) => { rest[index] ^= times(factor, lead); });
    }
    return rest;
  }

  const alignments = version => version < 2 ? 0 : Math.floor(version / 7) + 2;

  function wordCount(version) {
    const count = alignments(version);
    const lines = count ? (25 * count - 10) * count - 55 : 0;
    return Math.floor(((16 * version + 128) * version + 64 - lines - (version < 7 ? 0 : 36)) / 8);
  }

  const room = version => wordCount(version) - checkWords[version] * blockCounts[version];

  /** The words of all blocks, in the order in which they are drawn. */
  function words(bytes, version) {
    const bits = [];
    const push = (value, length) => { while (length--) bits.push(value >> length & 1); };
    push(4, 4);
    push(bytes.length, version < 10 ? 8 : 16);
    for (const byte of bytes) push(byte, 8);
    push(0, Math.min(4, room(version) * 8 - bits.length));
    while (bits.length % 8) bits.push(0);
    const data = [];
    for (let at = 0; at < bits.length; at += 8) data.push(parseInt(bits.slice(at, at + 8).join(''), 2));
    for (let filler = 0xec; data.length < room(version); filler ^= 0xec ^ 0x11) data.push(filler);

    const count = blockCounts[version], factors = generator(checkWords[version]);
    const short = Math.floor(data.length / count), longs = data.length % count;
    const blocks = [];
    for (let index = 0, start = 0; index < count; index++) {
      const end = start + short + (index >= count - longs ? 1 : 0);
      const part = data.slice(start, end);
      blocks.push({ part, checks: check(part, factors) });
      start = end;
    }
    const result = [];
    for (let at = 0; at <= short; at++) for (const { part } of blocks) if (at < part.length) result.push(part[at]);
    for (let at = 0; at < factors.length; at++) for (const { checks } of blocks) result.push(checks[at]);
    return result;
  }

  /** `value` with the bits of its cyclic code behind it. */
  function coded(value, length, divisor) {
    let rest = value;
    for (let step = 0; step < length; step++) rest = rest << 1 ^ (rest >> length - 1) * divisor;
    return value << length | rest;
  }

  /** The fixed patterns: a matrix of 0, 1, and undefined where words go. */
  function frame(version) {
    const size = 4 * version + 17, cells = Array.from({ length: size }, () => []);
    const square = (row, column, reach, isDark) => {
      for (let y = -reach; y <= reach; y++) {
        for (let x = -reach; x <= reach; x++) {
          const line = cells[row + y];
          if (line && column + x >= 0 && column + x < size) {
            line[column + x] = isDark(Math.max(Math.abs(x), Math.abs(y))) ? 1 : 0;
          }
        }
      }
    };
    for (let at = 0; at < size; at++) cells[6][at] = cells[at][6] = at % 2 ? 0 : 1;
    for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) {
      square(row, column, 4, ring => ring !== 2 && ring !== 4);
    }
    const count = alignments(version);
    if (count) {
      const step = Math.ceil((size - 13) / (2 * count - 2)) * 2, places = [6];
      for (let index = count - 2; index >= 0; index--) places.push(size - 7 - index * step);
      for (const row of places) {
        for (const column of places) {
          const isCorner = (row === 6 && (column === 6 || column === size - 7)) || (column === 6 && row === size - 7);
          if (!isCorner) square(row, column, 2, ring => ring !== 1);
        }
      }
    }
    if (version > 6) {
      const code = coded(version, 12, 0x1f25);
      for (let bit = 0; bit < 18; bit++) {
        const far = size - 11 + bit % 3, near = Math.floor(bit / 3);
        cells[far][near] = cells[near][far] = code >> bit & 1;
      }
    }
    drawFormat(cells, 0);
    return cells;
  }

  function drawFormat(cells, mask) {
    const size = cells.length, code = coded(8 | mask, 10, 0x537) ^ 0x5412;
    for (let bit = 0; bit < 15; bit++) {
      const value = code >> bit & 1;
      if (bit < 8) cells[8][size - 1 - bit] = value; else cells[size - 15 + bit][8] = value;
      if (bit < 6) cells[bit][8] = value;
      else if (bit < 8) cells[bit + 1][8] = value;
      else cells[8][bit === 8 ? 7 : 14 - bit] = value;
    }
    cells[size - 8][8] = 1;
  }

  // Four of the eight masks: readers take any.
  const masks = [(y, x) => (x + y) % 2, y => y % 2, (y, x) => x % 3, (y, x) => (x + y) % 3];

  function fill(version, stream, mask) {
    const cells = frame(version), size = cells.length;
    let bit = 0, isUpward = true;
    for (let right = size - 1; right > 0; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < size; step++) {
        const row = isUpward ? size - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (cells[row][column] !== undefined) continue;
          const value = stream[bit >> 3] >> 7 - (bit & 7) & 1;
          cells[row][column] = value ^ (masks[mask](row, column) === 0 ? 1 : 0);
          bit++;
        }
      }
      isUpward = !isUpward;
    }
    drawFormat(cells, mask);
    return cells;
  }

  /** How hard a code is to read: the squares of one colour in it. */
  function difficulty(cells) {
    const mixed = (above, below, x) => above[x] + above[x - 1] + below[x] + below[x - 1] & 3;
    let sum = 0;
    cells.forEach((row, y) => row.forEach((_, x) => { if (x && y && !mixed(cells[y - 1], row, x)) sum++; }));
    return sum;
  }

  /** The code of a text, rows of 0 and 1; null where it is too long. */
  function matrix(text) {
    const bytes = new TextEncoder().encode(text);
    let version = 1;
    while (version < 16 && room(version) < bytes.length + (version < 10 ? 2 : 3)) version++;
    if (version > 15) return null;
    const stream = words(bytes, version);
    const codes = masks.map((_, mask) => fill(version, stream, mask));
    return codes.reduce((best, code) => difficulty(code) < difficulty(best) ? code : best);
  }

  /** Puts the code of a text into an element; empties it where the text is too long. */
  function draw(text, element) {
    const cells = matrix(text);
    element.replaceChildren();
    if (!cells) return;
    const space = 'http://www.w3.org/2000/svg';
    const add = (parent, name, values) => {
      const child = parent.appendChild(document.createElementNS(space, name));
      for (const key in values) child.setAttribute(key, values[key]);
      return child;
    };
    const size = cells.length + 8;
    const image = add(element, 'svg', { viewBox: `0 0 ${size} ${size}`, 'shape-rendering': 'crispEdges' });
    add(image, 'rect', { width: size, height: size, fill: '#fff' });
    const dark = cells.flatMap((row, y) => row.map((cell, x) => cell ? `M${x + 4} ${y + 4}h1v1h-1z` : ''));
    add(image, 'path', { d: dark.join(''), fill: '#000' });
  }

  return { draw };
})();
