// Svenska texter: det egna kontot.
import type { account as en } from './en-account';

export const account: Record<keyof typeof en, string> = {
  'account.title': 'Mitt konto',
  'account.who': '{name} · {email} · {organisation}',
  'account.tabs': 'Kontots delar',
  'account.tab.security': 'Inloggningar och lösenord',

  'session.title': 'Här är du inloggad',
  'session.text':
    'Varje webbläsare och program som är inloggat som du. Avsluta det du inte känner igen och byt lösenord.',
  'session.on': '{browser} på {system}',
  'session.unknown': 'Okänt program',
  'session.this': 'Den här webbläsaren',
  'session.since': 'Inloggad {date}',
  'session.used': 'Användes senast {ago}',
  'session.end': 'Avsluta',
  'session.endOf': 'Avsluta inloggningen: {name}',
  'session.ended': 'Utloggad: {name}',
  'session.endOthers': 'Avsluta alla andra',
  'session.endOthersTitle': 'Avsluta alla andra inloggningar?',
  'session.endOthersText': 'Du är kvar här. Överallt annars måste du logga in igen.',
  'session.endedOthers.one': '{count} inloggning avslutad',
  'session.endedOthers.other': '{count} inloggningar avslutade',
  'session.only': 'Du är inte inloggad någon annanstans.',

  'password.title': 'Lösenord',
  'password.text': 'Med ett nytt lösenord loggas du ut överallt utom här.',
  'password.current': 'Nuvarande lösenord',
  'password.new': 'Nytt lösenord',
  'password.submit': 'Byt lösenord',
  'password.wrong': 'Det här är inte ditt nuvarande lösenord.',
  'password.same': 'Det här är ditt nuvarande lösenord. Välj ett annat.',
  'password.changed': 'Lösenordet är bytt och dina andra inloggningar är avslutade'
};
