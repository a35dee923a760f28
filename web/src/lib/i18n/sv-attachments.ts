// Svenska texter: filer som bifogas till en fråga, och tillfälliga chattar.
import type { attachments as en } from './en-attachments';

export const attachments: Record<keyof typeof en, string> = {
  'attachment.add': 'Bifoga filer',
  'attachment.addHint': 'Bifoga filer till frågan',
  'attachment.list': 'Bifogade filer',
  'attachment.remove': 'Ta bort {name}',
  'attachment.sending': 'Laddar upp, {percent} %',
  'attachment.reading': 'Läses in',
  'attachment.ready': 'Klar',
  'attachment.readyWithLosses': 'Klar, men vissa delar gick inte att läsa',
  'attachment.waiting.one': '{count} fil läses fortfarande in. Frågan skickas när den är klar.',
  'attachment.waiting.other': '{count} filer läses fortfarande in. Frågan skickas när de är klara.',
  'attachment.blocked': 'Ta bort filerna som inte gick att läsa, eller försök igen, innan du frågar.',
  'attachment.noVision': 'Det går inte att bifoga bilder: assistentens språkmodell kan inte se dem.',
  'attachment.tooMany': 'En fråga kan ha högst 20 filer. Övriga togs inte med.',
  'temporary.switch': 'Tillfällig',
  'temporary.title': 'Tillfällig chatt',
  'temporary.hint': 'En tillfällig chatt sparas inte. Den försvinner när du laddar om eller stänger sidan.',
  'temporary.notice': 'Ingenting sparas. Chatten försvinner när du laddar om eller stänger sidan.',
  'temporary.goneTitle': 'Den tillfälliga chatten är borta',
  'temporary.goneText': 'Den sparades inte någonstans.'
};
