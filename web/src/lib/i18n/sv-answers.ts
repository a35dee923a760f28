// Svenska texter: hur svar visas, läses upp, dikteras och skrivs ut.
import type { answers as en } from './en-answers';

export const answers: Record<keyof typeof en, string> = {
  'answer.code': 'Kod',
  'answer.codeIn': 'Kod, {language}',
  'answer.copyCode': 'Kopiera koden',
  'answer.wrapLines': 'Radbryt långa rader',
  'answer.copyTable': 'Kopiera tabellen',
  'answer.saveTable': 'Spara tabellen som CSV',
  'answer.tableFile': 'tabell',
  'answer.moreRows.one': 'Visa {count} rad till',
  'answer.moreRows.other': 'Visa {count} rader till',
  'answer.formula': 'Formel',
  'answer.diagram': 'Diagram',
  'answer.diagramSource': 'Diagrammets källkod',
  'answer.diagramBroken': 'Diagrammet gick inte att rita. Här är dess källkod.',
  'answer.diagramLate': 'Det tog för lång tid.',
  'answer.diagramLarge': 'Diagrammet är för stort för att ritas. Här är dess källkod.',
  'answer.readAloud': 'Läs upp',
  'answer.stopReading': 'Sluta läsa upp',

  'dictation.start': 'Diktera',
  'dictation.stop': 'Sluta diktera',
  'dictation.listening': 'Lyssnar',
  'dictation.askTitle': 'Vill du diktera frågan?',
  'dictation.askText':
    'Webbläsaren gör om tal till text. Den kan skicka inspelningen till företaget som gör webbläsaren. Tessera får inte inspelningen.',
  'dictation.allow': 'Tillåt och diktera',
  'dictation.refused': 'Webbläsaren kommer inte åt någon mikrofon. Tillåt det i sidans inställningar.',
  'dictation.silent': 'Inget hördes.',
  'dictation.failed': 'Webbläsaren kunde inte tolka inspelningen. Försök igen eller skriv.',

  'print.action': 'Skriv ut eller spara som PDF',
  'print.earlier': 'Tidigare meddelanden i konversationen är inte med.'
};
