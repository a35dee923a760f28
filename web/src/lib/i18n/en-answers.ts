// English texts: how answers are drawn, read aloud, dictated to and printed.
export const answers = {
  'answer.code': 'Code',
  'answer.codeIn': 'Code, {language}',
  'answer.copyCode': 'Copy code',
  'answer.wrapLines': 'Wrap long lines',
  'answer.copyTable': 'Copy table',
  'answer.saveTable': 'Save table as CSV',
  'answer.tableFile': 'table',
  'answer.moreRows.one': 'Show {count} more row',
  'answer.moreRows.other': 'Show {count} more rows',
  'answer.formula': 'Formula',
  'answer.diagram': 'Diagram',
  'answer.diagramSource': 'Source of the diagram',
  'answer.diagramBroken': 'The diagram could not be drawn. This is its source.',
  'answer.diagramLate': 'It took too long.',
  'answer.diagramLarge': 'The diagram is too large to be drawn. This is its source.',
  'answer.readAloud': 'Read aloud',
  'answer.stopReading': 'Stop reading',

  'dictation.start': 'Dictate',
  'dictation.stop': 'Stop dictation',
  'dictation.listening': 'Listening',
  'dictation.askTitle': 'Dictate the question?',
  'dictation.askText':
    'Your browser turns speech into text. It may send the recording to the company that makes the browser. Tessera does not receive the recording.',
  'dictation.allow': 'Allow and dictate',
  'dictation.refused': 'The browser has no access to a microphone. Allow it in the settings of this page.',
  'dictation.silent': 'Nothing was heard.',
  'dictation.failed': 'The browser could not understand the recording. Try again, or type.',

  'print.action': 'Print or save as PDF',
  'print.earlier': 'Earlier messages of this conversation are not included.'
} as const;
