// Svenska texter: hur svar visas, läses upp, dikteras och skrivs ut.
import type { answers as en } from './en-answers';

export const answers: Record<keyof typeof en, string> = {
  'answer.code': 'Kod',
  'answer.codeIn': 'Kod, {language}',
  'answer.copyCode': 'Kopiera koden',
  'answer.wrapLines': 'Radbryt långa rader'
};
