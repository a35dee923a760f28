import { expect, it } from 'vitest';
import { languageOf } from './language-of';

it.each([
  ['Avgiften för tvättstugan är 50 kr och betalas med fakturan.', 'sv'],
  ['The fee for the laundry room is 50 kr and is paid with the invoice.', 'en'],
  ['Bygglov', null],
  ['', null]
])('%j is %s', (text, language) => expect(languageOf(text)).toBe(language));
