// English texts: one's own account.
export const account = {
  'account.title': 'My account',
  'account.who': '{name} · {email} · {organisation}',
  'account.tabs': 'Parts of my account',
  'account.tab.security': 'Sessions and password',

  'session.title': 'Where you are signed in',
  'session.text':
    'Each browser or program that is signed in as you. End what you do not know, and change your password.',
  'session.on': '{browser} on {system}',
  'session.unknown': 'Unknown program',
  'session.this': 'This browser',
  'session.since': 'Signed in {date}',
  'session.used': 'Last used {ago}',
  'session.end': 'End',
  'session.endOf': 'End the session: {name}',
  'session.ended': 'Signed out: {name}',
  'session.endOthers': 'End all others',
  'session.endOthersTitle': 'End all other sessions?',
  'session.endOthersText': 'You stay signed in here. Everywhere else you have to sign in again.',
  'session.endedOthers.one': '{count} session ended',
  'session.endedOthers.other': '{count} sessions ended',
  'session.only': 'You are signed in nowhere else.',

  'password.title': 'Password',
  'password.text': 'With a new password you are signed out everywhere but here.',
  'password.current': 'Present password',
  'password.new': 'New password',
  'password.submit': 'Change password',
  'password.wrong': 'This is not your present password.',
  'password.same': 'This is your present password. Choose another one.',
  'password.changed': 'Your password is changed, and your other sessions have ended'
} as const;
