/**
 * Makes the pictures of screens small: a palette instead of three bytes for each
 * point.
 *
 * @module
 */

/** The points of a picture. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each point, row by row. */
  readonly points: Uint8Array;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/**
 * Reads a PNG with 8 bits for each of red, green, blue and perhaps alpha, or for
 * a place in a palette.
 */
export async function decodePng(bytes: Uint8Array): Promise<Picture> {
  let [width, height, channels] = [0, 0, 0];
  const data: Uint8Array<ArrayBuffer>[] = [];
  let palette: Uint8Array | undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = SIGNATURE.length; at < bytes.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    const body = bytes.slice(at + 8, at + 8 + length);
    if (type === "IHDR") {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      channels = { 2: 3, 3: 1, 6: 4 }[body[9] ?? 0] ?? 0;
      if (body[8] !== 8 || channels === 0 || body[12] !== 0) {
        throw new TypeError("Cannot read this kind of PNG");
      }
    }
    if (type === "PLTE") palette = body;
    if (type === "IDAT") data.push(body);
    at += length + 12;
  }
  const raw = await through(new DecompressionStream("deflate"), data);
  const values = unfilter(raw, width, height, channels);
  return { width, height, points: pointsOf(values, channels, palette) };
}

/** Returns red, green and blue of each point. */
function pointsOf(
  values: Uint8Array,
  channels: number,
  palette: Uint8Array | undefined,
): Uint8Array {
  const count = values.length / channels;
  const points = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const [from, all] = palette === undefined
      ? [i * channels, values]
      : [(values[i] ?? 0) * 3, palette];
    points.set(all.subarray(from, from + 3), i * 3);
  }
  return points;
}

/** Undoes the filters of the rows. */
function unfilter(
  raw: Uint8Array,
  width: number,
  height: number,
  channels: number,
): Uint8Array {
  const stride = width * channels;
  const values = new Uint8Array(stride * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const filter = raw[start] ?? 0;
    const row = raw.slice(start + 1, start + 1 + stride);
    for (let x = 0; x < stride; x++) {
      const a = x < channels ? 0 : row[x - channels] ?? 0;
      const b = above[x] ?? 0;
      const c = x < channels ? 0 : above[x - channels] ?? 0;
      row[x] = (row[x] ?? 0) + predicted(filter, a, b, c);
    }
    values.set(row, y * stride);
    above = row;
  }
  return values;
}

/** What a filter expects of a byte: that to the left, above, and both. */
function predicted(filter: number, a: number, b: number, c: number): number {
  switch (filter) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return (a + b) >> 1;
    case 4: {
      const p = a + b - c;
      const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
      return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
    default:
      return 0;
  }
}

/** Writes a PNG with a palette of the colors that are there most often. */
export async function encodePng(
  { width, height, points }: Picture,
  colors: number = 64,
): Promise<Uint8Array> {
  const palette = commonColors(points, Math.min(colors, 256));
  const nearest = new Map<number, number>();
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = colorAt(points, y * width + x);
      let index = nearest.get(color);
      if (index === undefined) {
        index = nearestOf(palette, color);
        nearest.set(color, index);
      }
      rows[y * (width + 1) + 1 + x] = index;
    }
  }
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Eight bits for each point, which are places in the palette.
  head.set([8, 3], 8);
  const data = await through(new CompressionStream("deflate"), [rows]);
  return joined([
    new Uint8Array(SIGNATURE),
    chunk("IHDR", head),
    chunk(
      "PLTE",
      new Uint8Array(
        palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]),
      ),
    ),
    chunk("IDAT", data),
    chunk("IEND", new Uint8Array()),
  ]);
}

function colorAt(points: Uint8Array, index: number): number {
  const [r = 0, g = 0, b = 0] = points.subarray(index * 3, index * 3 + 3);
  return r << 16 | g << 8 | b;
}

/** Returns colors that are common, no two of them too much alike. */
function commonColors(points: Uint8Array, most: number): number[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < points.length / 3; i++) {
    const color = colorAt(points, i);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const ordered = [...counts].sort(([, a], [, b]) => b - a).map(([c]) => c);
  for (const apart of [600, 300, 100, 30, 0]) {
    const chosen: number[] = [];
    for (const color of ordered) {
      if (chosen.length === most) break;
      if (chosen.every((each) => distance(each, color) > apart)) {
        chosen.push(color);
      }
    }
    if (chosen.length === Math.min(most, ordered.length)) return chosen;
  }
  return ordered.slice(0, most);
}

function nearestOf(palette: readonly number[], color: number): number {
  let [best, least] = [0, Infinity];
  for (const [index, each] of palette.entries()) {
    const far = distance(each, color);
    if (far < least) [best, least] = [index, far];
  }
  return best;
}

function distance(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16);
  const green = (a >> 8 & 255) - (b >> 8 & 255);
  const blue = (a & 255) - (b & 255);
  return red * red + green * green + blue * blue;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(
    body.length + 8,
    checksum(bytes.subarray(4, body.length + 8)),
  );
  return bytes;
}

/** The checksum of PNG: CRC-32. */
function checksum(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc >>> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
  }
  return ~crc >>> 0;
}

async function through(
  stream: CompressionStream | DecompressionStream,
  parts: readonly Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer>> {
  const source = ReadableStream.from(parts).pipeThrough(stream);
  return new Uint8Array(await new Response(source).arrayBuffer());
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
