// Svenska texter: vad man gör med konversationer: fäster, arkiverar, återställer, versioner.
import type { conversations as en } from './en-conversations';

export const conversations: Record<keyof typeof en, string> = {
  'time.pinned': 'Fästa',
  'chat.pin': 'Fäst',
  'chat.unpin': 'Lossa',
  'chat.archive': 'Arkivera',
  'chat.unarchive': 'Flytta ut ur arkivet',
  'chat.archived': 'Arkiverad',
  'chat.archivedNow': 'Konversationen ligger i arkivet.',
  'chat.restore': 'Återställ',
  'chat.restored': 'Konversationen är återställd.',
  'chat.shelves': 'Arkiverade och borttagna',
  'chat.shelvesText':
    'Arkiverade konversationer finns kvar tills du tar bort dem. Borttagna kan återställas i 30 dagar.',
  'chat.shelf.archived': 'Arkiverade',
  'chat.shelf.deleted': 'Borttagna',
  'chat.shelfEmpty.archived': 'Ingen konversation är arkiverad',
  'chat.shelfEmpty.deleted': 'Ingen borttagen konversation kan återställas',
  'chat.shelfEmptyText.archived': 'Arkivera en konversation i dess meny för att slippa se den i listan.',
  'chat.shelfEmptyText.deleted': 'Det du tar bort visas här i 30 dagar.',
  'chat.deletedOn': 'Borttagen {date}',
  'chat.edit': 'Ändra frågan',
  'chat.editLabel': 'Din ändrade fråga',
  'chat.editSend': 'Fråga',
  'chat.editHint': 'Den tidigare versionen finns kvar, och du kan växla mellan dem.',
  'chat.regenerate': 'Svara igen',
  'chat.versions': 'Versioner',
  'chat.version': '{number} av {count}',
  'chat.versionBefore': 'Föregående version',
  'chat.versionAfter': 'Nästa version'
};
