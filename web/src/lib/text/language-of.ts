// Guesses which of our languages a text is written in, from its commonest words. For voices and `lang`; never for search.
import type { Language } from '$lib/i18n/index.svelte';

const WORDS: Record<Language, ReadonlySet<string>> = {
  en: new Set(
    'the of and to is in that it for you are with be this not or have as on an by from can will which'.split(' ')
  ),
  sv: new Set(
    'och att det som en är på av för med den till inte ett om har kan ska du de eller från vid men så'.split(' ')
  )
};
/** The beginning of a text tells. */
const READ = 2_000;

/** The language with more of its words at the beginning of the text; null if they tell nothing. */
export function languageOf(text: string): Language | null {
  const words =
    text
      .slice(0, READ)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [];
  const count = (language: Language) => words.filter((word) => WORDS[language].has(word)).length;
  const [en, sv] = [count('en'), count('sv')];
  if (en === sv) return null;
  return en > sv ? 'en' : 'sv';
}
