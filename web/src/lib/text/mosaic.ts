// A small pattern of tiles that belongs to one id: the face of a space or an assistant.

export const GLAZES = [
  'accent',
  'tile-lapis',
  'tile-oxblood',
  'tile-sage',
  'tile-sand',
  'tile-gold',
  'tile-mist'
] as const;

export interface Tile {
  x: number;
  y: number;
  glaze: (typeof GLAZES)[number];
}

/** `side` × `side` tiles, mirrored left to right; the same seed gives the same pattern everywhere. */
export function mosaic(seed: string, side = 4): Tile[] {
  const next = generator(seed);
  // Few glazes per pattern, one of them dominant, look laid rather than random.
  const palette = shuffled(GLAZES, next);
  const choose = (): Tile['glaze'] => {
    const roll = next() % 10;
    return (roll < 5 ? palette[0] : roll < 8 ? palette[1] : palette[2]) ?? 'accent';
  };
  const tiles: Tile[] = [];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < Math.ceil(side / 2); x += 1) {
      const glaze = choose();
      tiles.push({ x, y, glaze });
      if (side - 1 - x !== x) tiles.push({ x: side - 1 - x, y, glaze });
    }
  }
  return tiles;
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, order: next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

// FNV-1a for the seed, then mulberry32: small, stable, and good enough for decoration.
function generator(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
