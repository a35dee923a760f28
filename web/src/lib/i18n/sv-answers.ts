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

  'chat.continue': 'Fortsätt',
  'chat.cut.length': 'Svaret är inte komplett: det nådde modellens maxlängd.',
  'chat.cut.content_filter': 'Svaret stoppades av ett innehållsfilter hos modellens leverantör.',
  'chat.cut.truncated': 'Svaret bröts innan det var klart. Det som hann skrivas är sparat.',
  'chat.cut.other': 'Modellen slutade skriva innan svaret var klart.',
  'chat.cut.refusal': 'Modellen avböjde att svara.',
  'chat.leftOut': 'Allt fick inte plats i modellens kontext. Utelämnat: {parts}.',
  'chat.leftOut.turns': 'tidigare meddelanden',
  'chat.leftOut.sources': 'några av de avsnitt som hittades',
  'chat.leftOut.attachments': 'delar av bilagorna',
  'chat.thinks': 'Tänker … {seconds} s',
  'chat.thought': 'Tänkte i {seconds} s',
  'chat.thoughtsNote': 'Det här är modellens eget resonemang. Det kan vara fel och sparas inte.',

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
