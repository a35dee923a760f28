// Finding a place by a part of its name.

export interface Place {
  kind: 'space' | 'assistant' | 'conversation' | 'action';
  id: string;
  name: string;
  href: string;
}

const SHOWN = 12;

/** The places whose names hold every word of the query; names that begin with it come first. */
export function findPlaces(places: Place[], query: string): Place[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return places.slice(0, SHOWN);
  const first = words[0] ?? '';
  return places
    .map((place) => ({ place, name: folded(place.name) }))
    .filter(({ name }) => words.every((word) => name.includes(word)))
    .sort((a, b) => Number(b.name.startsWith(first)) - Number(a.name.startsWith(first)))
    .slice(0, SHOWN)
    .map(({ place }) => place);
}

// å, ä and ö are letters of their own, yet whoever types a or o means them too.
function folded(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
}
