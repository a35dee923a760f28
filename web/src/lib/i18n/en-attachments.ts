// English texts: files that are attached to a question, and temporary chats.
export const attachments = {
  'attachment.add': 'Attach files',
  'attachment.addHint': 'Attach files to your question',
  'attachment.list': 'Attached files',
  'attachment.remove': 'Remove {name}',
  'attachment.sending': 'Uploading, {percent} %',
  'attachment.reading': 'Being read',
  'attachment.ready': 'Ready',
  'attachment.readyWithLosses': 'Ready, but parts could not be read',
  'attachment.waiting.one': '{count} file is still being read. Your question is sent when it is ready.',
  'attachment.waiting.other': '{count} files are still being read. Your question is sent when they are ready.',
  'attachment.blocked': 'Remove the files that could not be read, or try them again, before you ask.',
  'attachment.noVision': 'Pictures cannot be attached: the language model of this assistant cannot see them.',
  'attachment.tooMany': 'A question can have up to 20 files. The others were left out.',
  'temporary.switch': 'Temporary',
  'temporary.title': 'Temporary chat',
  'temporary.hint': 'A temporary chat is not stored. It is gone when you reload or close the page.',
  'temporary.notice': 'Nothing of it is stored. It is gone when you reload or close the page.',
  'temporary.goneTitle': 'The temporary chat is gone',
  'temporary.goneText': 'It was not stored anywhere.'
} as const;
