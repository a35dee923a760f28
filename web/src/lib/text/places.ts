// Finding a place by a part of its name.

export interface Place {
  kind: 'space' | 'assistant' | 'collection' | 'website' | 'document' | 'conversation' | 'action' | 'setting';
  id: string;
  name: string;
  href: string;
  /** What is done there instead of going somewhere. */
  run?: () => void;
}

const SHOWN = 12;

/** The places whose names hold every word of the query, the closest first; without a query the first ones as they come. */
export function findPlaces(places: Place[], query: string): Place[] {
  const phrase = folded(query).trim().replace(/\s+/g, ' ');
  const words = phrase.split(' ').filter(Boolean);
  if (words.length === 0) return places.slice(0, SHOWN);
  return places
    .map((place, at) => ({ place, at, rank: rankOf(folded(place.name), phrase, words) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank || one.at - other.at)
    .slice(0, SHOWN)
    .map(({ place }) => place);
}

/** How well a name fits: 0 not at all, then its words anywhere, at the beginnings of words, the whole phrase, and the name itself. */
function rankOf(name: string, phrase: string, words: string[]): number {
  if (!words.every((word) => name.includes(word))) return 0;
  if (name === phrase) return 6;
  if (name.startsWith(phrase)) return 5;
  const begins = (text: string) =>
    name.startsWith(text) || new RegExp(`[^\\p{L}\\p{N}]${escaped(text)}`, 'u').test(name);
  if (begins(phrase)) return 4;
  if (name.includes(phrase)) return 3;
  return words.every(begins) ? 2 : 1;
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

// å, ä and ö are letters of their own, yet a person who types a or o means them too.
export function folded(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
}
